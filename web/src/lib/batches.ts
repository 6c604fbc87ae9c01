/** What was chosen, divided into what is sent together and what is not sent at all. */
import type { CatalogueStatus } from './api/contract';

type Limits = Pick<CatalogueStatus, 'max_files' | 'max_upload_bytes' | 'max_batch_bytes'>;

export interface LeftOut {
  readonly name: string;
  readonly code: string;
  /** The server's words, for a code that the page does not know. */
  readonly detail?: string;
}

/** Stopped too late to say that it was not sent. */
export const PERHAPS_RECEIVED = 'perhaps_received';

export const leftOutFor = (code: string, files: readonly { readonly name: string }[]): LeftOut[] =>
  files.map(({ name }) => ({ name, code }));

/** The server says the same; asking it would cost the sending of fifty megabytes. */
export function sorted(files: readonly File[], limits: Limits | null) {
  const largest = limits?.max_upload_bytes ?? Infinity;
  const most = limits?.max_files ?? Infinity;
  const light = files.filter((file) => file.size <= largest);
  const heavy = files.filter((file) => file.size > largest);
  return {
    fitting: light.slice(0, most),
    leftOut: [...leftOutFor('too_large', heavy), ...leftOutFor('too_many', light.slice(most))],
  };
}

/** In the order in which they were chosen; an API that tells no limit is sent everything at once. */
export function batches(files: readonly File[], limits: Limits | null): File[][] {
  const most = limits?.max_batch_bytes ?? Infinity;
  const divided: File[][] = [];
  let room = 0;
  for (const file of files) {
    room -= file.size;
    if (divided.length === 0 || room < 0) {
      divided.push([]);
      room = most - file.size;
    }
    divided.at(-1)?.push(file);
  }
  return divided;
}
