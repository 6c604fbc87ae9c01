import type { CatalogueStatus } from './api/contract';
import { Refusal } from './api/refusal';
import { upload, type SearchOptions, type Upload } from './api/upload';
import { catalogue } from './catalogue.svelte';
import { go } from './navigation.svelte';
import { asOptions, NO_LIMITS, type Limits } from './options';
import { recent } from './recent.svelte';
import { href } from './router';

/** Refusals after which the same photographs may be sent again. */
const REPEATABLE = ['network', 'overloaded', 'too_many_requests', 'unavailable', 'internal', 'index_not_ready'];

type Phase = 'idle' | 'sending' | 'refused';

/** The photographs on their way to the server: one batch at a time. */
class Sending {
  phase = $state<Phase>('idle');
  files = $state.raw<readonly File[]>([]);
  leftOut = $state.raw<readonly { readonly name: string; readonly code: string }[]>([]);
  fraction = $state(0);
  refusal = $state.raw<Refusal | null>(null);
  limits = $state<Limits>({ ...NO_LIMITS });
  /** What this browser has sent itself: shown at once, and sent again for a part of the picture, without a download. */
  readonly own = new Map<string, File>();
  #upload: Upload | null = null;
  /** Given while others were on their way: sent afterwards. */
  readonly #waiting: { files: readonly File[]; options: SearchOptions }[] = [];
  #sent: { files: readonly File[]; options: SearchOptions } | null = null;

  async send(files: readonly File[], options: SearchOptions = asOptions(this.limits)): Promise<void> {
    if (files.length === 0) return;
    if (this.phase === 'sending') {
      this.#waiting.push({ files, options });
      return;
    }
    const { fitting, leftOut } = sorted(files, catalogue.status);
    this.leftOut = leftOut;
    this.files = fitting;
    if (fitting.length === 0) return this.#refuse(new Refusal(leftOut[0]?.code ?? 'rejected_input', ''));
    this.phase = 'sending';
    this.fraction = 0;
    this.refusal = null;
    this.#sent = { files: fitting, options };
    this.#upload = upload(fitting, options, (fraction) => (this.fraction = fraction));
    try {
      const accepted = await this.#upload.accepted;
      const at = new Date().toISOString();
      accepted.searches.forEach(({ id }, index) => this.own.set(id, fitting[index] as File));
      recent.add(accepted.searches.map(({ id }, index) => ({ id, filename: fitting[index]?.name ?? '', at })));
      this.phase = 'idle';
      const [only] = accepted.searches;
      go(accepted.searches.length === 1 && only ? href.search(only.id) : href.batch(accepted.batch_id));
      this.#next();
    } catch (cause) {
      this.#refuse(cause instanceof Refusal ? cause : Refusal.network());
    }
  }

  #refuse(refusal: Refusal): void {
    this.refusal = refusal;
    this.phase = refusal.code === 'aborted' ? 'idle' : 'refused';
  }

  get repeatable(): boolean {
    return this.#sent !== null && REPEATABLE.includes(this.refusal?.code ?? '');
  }

  /** The photographs that the server did not complain of, when it refused a whole batch for one of them. */
  get others(): readonly File[] {
    const complaint = this.refusal?.detail ?? '';
    const others = this.files.filter((file) => !complaint.includes(file.name));
    return others.length < this.files.length ? others : [];
  }

  sendOthers(): void {
    if (this.#sent) void this.send(this.others, this.#sent.options);
  }

  again(): void {
    if (this.#sent) void this.send(this.#sent.files, this.#sent.options);
  }

  stop(): void {
    this.#upload?.abort();
  }

  dismiss(): void {
    this.phase = 'idle';
    this.refusal = null;
    this.leftOut = [];
    this.#next();
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next) void this.send(next.files, next.options);
  }
}

/** The server says the same; asking it would cost the sending of fifty megabytes. */
function sorted(files: readonly File[], status: CatalogueStatus | null) {
  const largest = status?.max_upload_bytes ?? Infinity;
  const most = status?.max_files ?? Infinity;
  const light = files.filter((file) => file.size <= largest);
  const heavy = files.filter((file) => file.size > largest).map(({ name }) => ({ name, code: 'too_large' }));
  const surplus = light.slice(most).map(({ name }) => ({ name, code: 'too_many' }));
  return { fitting: light.slice(0, most), leftOut: [...heavy, ...surplus] };
}

export const sending = new Sending();
