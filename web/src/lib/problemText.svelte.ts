import type { Problem } from './api/contract';
import type { Refusal } from './api/refusal';
import { catalogue } from './catalogue.svelte';
import { size, tMaybe } from './i18n/index.svelte';

/** Failures whose words need the limits of the server. */
const OF_LIMITS = ['too_large', 'too_many'];

/** A failure in the language of the page; the server's own words where the page does not know the code. */
export function problemText(problem: Problem | Pick<Refusal, 'code' | 'detail'>): string {
  const status = catalogue.status;
  const values = status && { size: size(status.max_upload_bytes), files: status.max_files };
  const sayable = values || !OF_LIMITS.includes(problem.code ?? '');
  const known = sayable ? tMaybe(`error.${problem.code ?? ''}`, values ?? {}) : null;
  return known ?? (problem.detail || tMaybe('error.internal') || '');
}
