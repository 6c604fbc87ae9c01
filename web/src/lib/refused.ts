/** Photographs that the server said no to: which of them it complained of, and which can still be sent. */
import type { Refusal } from './api/refusal';
import type { SearchOptions } from './api/upload';
import { leftOutFor, type LeftOut } from './batches';

/** What somebody gave at once, where they did it, and whether a part of it has been accepted. */
export interface Gesture {
  at: string;
  accepted: boolean;
}

export interface Batch {
  readonly files: readonly File[];
  readonly options: SearchOptions;
  readonly gesture: Gesture;
}

export interface Refused {
  readonly refusal: Refusal;
  /** The one that was refused, and those that waited behind it for a server that is away. */
  readonly batches: readonly [Batch, ...Batch[]];
}

export const filesOf = ({ batches }: Refused): readonly File[] => batches.flatMap(({ files }) => files);

/** What is wrong, file by file. */
export function complaintsOf(refused: Refused): readonly LeftOut[] {
  const { refusal } = refused;
  const [{ files }] = refused.batches;
  const complaints = refusal.fields.flatMap(({ index, code, detail }) => {
    const file = files[index ?? -1];
    return file ? [{ name: file.name, code: code ?? refusal.code, detail }] : [];
  });
  if (complaints.length) return complaints;
  return leftOutFor(refusal.code, filesOf(refused)).map((file) => ({ ...file, detail: refusal.detail }));
}

/** The photographs that the server did not complain of, where it refused a whole batch for some of them. */
export function othersOf({ refusal, batches }: Refused): Batch {
  const [batch] = batches;
  const bad = new Set(refusal.fields.map(({ index }) => index ?? -1).filter((index) => batch.files[index]));
  return { ...batch, files: bad.size ? batch.files.filter((_, index) => !bad.has(index)) : [] };
}
