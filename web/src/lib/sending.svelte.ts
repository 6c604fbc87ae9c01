import type { Accepted } from './api/contract';
import { Refusal } from './api/refusal';
import { upload, type SearchOptions, type Upload } from './api/upload';
import { batches, leftOutFor, sorted, type LeftOut } from './batches';
import { catalogue } from './catalogue.svelte';
import { unreadable } from './files';
import { go } from './navigation.svelte';
import { asOptions, NO_LIMITS, type Limits } from './options';
import { recent } from './recent.svelte';
import { href } from './router';

type Phase = 'idle' | 'sending' | 'refused';

interface Batch {
  readonly files: readonly File[];
  readonly options: SearchOptions;
}

/** The photographs on their way to the server: one batch at a time. */
class Sending {
  phase = $state<Phase>('idle');
  /** What is not sent at all; told until the reader has closed it. */
  leftOut = $state.raw<readonly LeftOut[]>([]);
  fraction = $state(0);
  refusal = $state.raw<Refusal | null>(null);
  limits = $state<Limits>({ ...NO_LIMITS });
  /** What this browser has sent itself: shown at once, and sent again for a part of the picture, without a download. */
  readonly own = new Map<string, File>();
  /** On its way, or refused. */
  #batch = $state.raw<Batch | null>(null);
  /** Given while others were on their way, or too much for one request: sent afterwards. */
  #waiting = $state.raw<readonly Batch[]>([]);
  #upload: Upload | null = null;

  get files(): readonly File[] {
    return this.#batch?.files ?? [];
  }

  get waiting(): readonly File[] {
    return this.#waiting.flatMap(({ files }) => files);
  }

  send(files: readonly File[], options: SearchOptions = asOptions(this.limits)): void {
    const { fitting, leftOut } = sorted(files, catalogue.status);
    this.leftOut = this.phase === 'sending' ? [...this.leftOut, ...leftOut] : leftOut;
    const divided = batches(fitting, catalogue.status).map((some) => ({ files: some, options }));
    this.#waiting = [...this.#waiting, ...divided];
    if (this.phase !== 'sending') this.#next();
  }

  /** Says of files that they are not sent. */
  leaveOut(code: string, files: readonly { readonly name: string }[]): void {
    this.leftOut = [...this.leftOut, ...leftOutFor(code, files)];
  }

  async #start(batch: Batch): Promise<void> {
    this.phase = 'sending';
    this.fraction = 0;
    this.refusal = null;
    this.#batch = batch;
    this.#upload = upload(batch.files, batch.options, (fraction) => (this.fraction = fraction));
    let accepted: Accepted;
    try {
      accepted = await this.#upload.accepted;
    } catch (cause) {
      return this.#refused(Refusal.of(cause), batch);
    }
    this.#remember(accepted, batch.files);
    const [only] = accepted.searches;
    go(accepted.searches.length === 1 && only ? href.search(only.id) : href.batch(accepted.batch_id));
    this.#next();
  }

  #remember({ searches }: Accepted, files: readonly File[]): void {
    const at = new Date().toISOString();
    searches.forEach(({ id }, index) => this.own.set(id, files[index] as File));
    recent.add(searches.map(({ id }, index) => ({ id, filename: files[index]?.name ?? '', at })));
  }

  async #refused(refusal: Refusal, batch: Batch): Promise<void> {
    const lost = refusal.code === 'network' ? await unreadable(batch.files) : [];
    this.leaveOut('unreadable', lost);
    const files = batch.files.filter((file) => !lost.includes(file));
    if (lost.length && files.length) return this.#start({ ...batch, files });
    if (lost.length || refusal.code === 'aborted') return this.#next();
    this.refusal = refusal;
    this.phase = 'refused';
  }

  /** The photographs that the server did not complain of, when it refused a whole batch for one of them. */
  get others(): readonly File[] {
    const bad = this.refusal?.fields.flatMap(({ field, index }) => (field === 'image' ? (index ?? []) : [])) ?? [];
    // An API that does not count them begins its complaint with the name.
    const complained = (file: File, at: number): boolean =>
      bad.length ? bad.includes(at) : !!this.refusal?.detail.startsWith(`${file.name} `);
    const others = this.files.filter((file, at) => !complained(file, at));
    return others.length < this.files.length ? others : [];
  }

  sendOthers(): void {
    if (this.#batch) void this.#start({ ...this.#batch, files: this.others });
  }

  again(): void {
    if (this.#batch) void this.#start(this.#batch);
  }

  /** What waits is stopped too: whoever stops does not expect the page to go on. */
  stop(): void {
    this.leaveOut('stopped', [...this.files, ...this.waiting]);
    this.#waiting = [];
    this.#upload?.abort();
  }

  dismiss(): void {
    this.#next();
  }

  #next(): void {
    const [next, ...waiting] = this.#waiting;
    this.#waiting = waiting;
    this.phase = 'idle';
    if (next) void this.#start(next);
  }
}

export const sending = new Sending();
