import type { Problem } from './api/contract';
import type { Refusal } from './api/refusal';
import { catalogue } from './catalogue.svelte';
import { size, tMaybe } from './i18n/index.svelte';

/** A failure in the language of the page; the server's own words where the page does not know the code. */
export function problemText(problem: Problem | Pick<Refusal, 'code' | 'detail'>): string {
  const status = catalogue.status;
  const values = { size: size(status?.max_upload_bytes ?? 0), files: status?.max_files ?? 0 };
  const known = tMaybe(`error.${problem.code ?? ''}`, values);
  return known ?? (problem.detail || tMaybe('error.internal') || '');
}
