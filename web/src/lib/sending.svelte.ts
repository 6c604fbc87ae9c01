import type { Accepted } from './api/contract';
import { Refusal } from './api/refusal';
import { upload, type SearchOptions, type Upload } from './api/upload';
import { batches, leftOutFor, PERHAPS_RECEIVED, sorted, type LeftOut } from './batches';
import { catalogue } from './catalogue.svelte';
import { unreadable } from './files';
import { go, place } from './navigation.svelte';
import { asOptions, NO_LIMITS, type Limits } from './options';
import { recent } from './recent.svelte';
import { filesOf, othersOf, type Batch, type Gesture, type Refused } from './refused';
import { href } from './router';

/** An upload that the server took while its sender was busy with something else. */
export interface Arrived {
  readonly address: string;
  readonly count: number;
}

/** The photographs on their way to the server: one batch at a time. */
class Sending {
  /** What is not sent at all; told until the reader has closed it. */
  leftOut = $state.raw<readonly LeftOut[]>([]);
  /** Kept until it is sent again or the reader has closed the message. */
  refused = $state.raw<readonly Refused[]>([]);
  /** Told until the reader has opened it or closed the message. */
  arrived = $state.raw<readonly Arrived[]>([]);
  fraction = $state(0);
  limits = $state<Limits>({ ...NO_LIMITS });
  /** What this browser has sent itself: shown at once, and sent again for a part of the picture, without a download. */
  readonly own = new Map<string, File>();
  /** On its way. */
  #batch = $state.raw<Batch | null>(null);
  /** Given while others were on their way, or too much for one request: sent afterwards. */
  #waiting = $state.raw<readonly Batch[]>([]);
  #upload: Upload | null = null;
  /** Where the reader was taken last, of what was given since anything was under way. */
  #taken = '';

  get files(): readonly File[] {
    return this.#batch?.files ?? [];
  }

  get waiting(): readonly File[] {
    return this.#waiting.flatMap(({ files }) => files);
  }

  /** Whether leaving the page would lose something that the server could still take. */
  get unfinished(): boolean {
    const sendable = (one: Refused): boolean => one.refusal.repeatable || othersOf(one).files.length > 0;
    return this.#batch !== null || this.refused.some(sendable);
  }

  /** Whether it is on its way already, or waits to be. */
  has(file: File): boolean {
    return this.files.includes(file) || this.waiting.includes(file);
  }

  send(files: readonly File[], options: SearchOptions = asOptions(this.limits)): void {
    const { fitting, leftOut } = sorted(files, catalogue.status);
    this.leftOut = [...this.leftOut, ...leftOut];
    if (!this.#batch) this.#taken = '';
    const gesture: Gesture = { at: place.pathname, accepted: false };
    const divided = batches(fitting, catalogue.status).map((some) => ({ files: some, options, gesture }));
    this.#waiting = [...this.#waiting, ...divided];
    // Who gives the same photographs anew has answered what was said of them.
    this.refused = this.refused.filter((one) => !filesOf(one).every((file) => files.includes(file)));
    this.#next();
  }

  /** Says of files that they are not sent. */
  leaveOut(code: string, files: readonly { readonly name: string }[]): void {
    this.leftOut = [...this.leftOut, ...leftOutFor(code, files)];
  }

  async #start(batch: Batch): Promise<void> {
    this.fraction = 0;
    this.#batch = batch;
    this.#upload = upload(batch.files, batch.options, (fraction) => (this.fraction = fraction));
    let accepted: Accepted;
    try {
      accepted = await this.#upload.accepted;
    } catch (cause) {
      return this.#refuse(Refusal.of(cause), batch);
    }
    this.#remember(accepted, batch.files);
    this.#show(accepted, batch.gesture);
    this.#batch = null;
    this.#next();
  }

  /** Takes the reader there who is where it was given, or where this page has led since; tells everybody else. */
  #show({ batch_id, searches }: Accepted, gesture: Gesture): void {
    const [only] = searches;
    const address = searches.length === 1 && only ? href.search(only.id) : href.batch(batch_id);
    const stayed = [gesture.at, this.#taken].includes(place.pathname) && !place.query.has('match');
    if (stayed && !gesture.accepted) {
      this.#taken = address;
      go(address);
    } else this.arrived = [...this.arrived, { address, count: searches.length }];
    gesture.accepted = true;
  }

  /** Says no more of what is at this address. */
  opened(address: string): void {
    if (this.arrived.some((one) => one.address === address)) {
      this.arrived = this.arrived.filter((one) => one.address !== address);
    }
  }

  #remember({ searches }: Accepted, files: readonly File[]): void {
    const at = new Date().toISOString();
    searches.forEach(({ id }, index) => this.own.set(id, files[index] as File));
    recent.add(searches.map(({ id }, index) => ({ id, filename: files[index]?.name ?? '', at })));
  }

  async #refuse(refusal: Refusal, batch: Batch): Promise<void> {
    const lost = refusal.code === 'network' ? await unreadable(batch.files) : [];
    const files = batch.files.filter((file) => !lost.includes(file));
    this.leaveOut('unreadable', lost);
    this.#batch = null;
    if (lost.length) {
      if (files.length) this.#waiting = [{ ...batch, files }, ...this.#waiting];
    } else if (refusal.code !== 'aborted') {
      // What waits would only hear the same.
      const behind = refusal.repeatable ? this.#waiting : [];
      this.#waiting = refusal.repeatable ? [] : this.#waiting;
      this.refused = [...this.refused, { refusal, batches: [batch, ...behind] }];
    }
    this.#next();
  }

  sendOthers(refused: Refused): void {
    this.#askedHere(refused);
    this.#sendInstead(refused, [othersOf(refused)]);
  }

  again(refused: Refused): void {
    this.#askedHere(refused);
    this.#sendInstead(refused, refused.batches);
  }

  /** Without being asked, once the network is back. */
  resume(): void {
    for (const refused of this.refused) {
      if (refused.refusal.code === 'network') this.#sendInstead(refused, refused.batches);
    }
  }

  dismiss(refused: Refused): void {
    this.#sendInstead(refused, []);
  }

  #askedHere({ batches }: Refused): void {
    for (const { gesture } of batches) gesture.at = place.pathname;
  }

  #sendInstead(refused: Refused, divided: readonly Batch[]): void {
    if (!this.refused.includes(refused)) return;
    this.refused = this.refused.filter((one) => one !== refused);
    this.#waiting = [...divided, ...this.#waiting];
    this.#next();
  }

  /** What waits is stopped too: whoever stops does not expect the page to go on. */
  stop(): void {
    // All of it has gone out, and only the answer is awaited: nobody knows here whether it was taken.
    if (this.fraction === 1) this.leaveOut(PERHAPS_RECEIVED, this.files);
    else this.leaveOut('stopped', this.files);
    this.leaveOut('stopped', this.waiting);
    this.#waiting = [];
    this.#upload?.abort();
  }

  #next(): void {
    if (this.#batch) return;
    const [next, ...waiting] = this.#waiting;
    this.#waiting = waiting;
    if (next) void this.#start(next);
  }
}

export const sending = new Sending();
