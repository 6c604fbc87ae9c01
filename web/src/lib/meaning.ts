import type { RecordPage } from './api/contract';

/** Whether a search by meaning is away for now; a model without a text tower will not have one in a moment either. */
export function meaningMayReturn({ meaning_missing }: Pick<RecordPage, 'meaning_missing'>): boolean {
  return Boolean(meaning_missing) && meaning_missing !== 'no_text_tower';
}
