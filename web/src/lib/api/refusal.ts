import type { FieldProblem, Problem } from './contract';

/** The server's (or the network's) no. ``code`` is what the page translates; ``retryAfterS`` is when asking again makes sense. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    readonly detail: string,
    readonly status: number = 0,
    readonly retryAfterS: number | null = null,
    readonly fields: readonly FieldProblem[] = [],
  ) {
    super(detail || code);
  }

  static network(): Refusal {
    return new Refusal('network', '');
  }

  /** What went wrong while asking; all that is not an answer is taken for a network that is away. */
  static of(cause: unknown): Refusal {
    return cause instanceof Refusal ? cause : Refusal.network();
  }

  /** Whether the same may be asked again: nothing is wrong with the question. */
  get repeatable(): boolean {
    return this.code === 'network' || this.status === 429 || this.status >= 500;
  }
}

const CODE_BY_STATUS: Record<number, string> = {
  404: 'not_found',
  409: 'already_finished',
  413: 'too_large',
  415: 'unsupported_picture',
  422: 'rejected_input',
  429: 'too_many_requests',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

/** Reads a refusal from an answer. A proxy may answer without a problem document: then the status speaks. */
export function refusalOf(status: number, body: string, retryAfter: string | null, now: number = Date.now()): Refusal {
  const problem = parseProblem(body);
  const code = problem.code || CODE_BY_STATUS[status] || 'internal';
  const detail = problem.detail ?? problem.title ?? '';
  return new Refusal(code, detail, status, retryAfterSeconds(retryAfter, now), problem.errors ?? []);
}

function parseProblem(body: string): Problem {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Problem) : {};
  } catch {
    return {};
  }
}

/** Retry-After is seconds or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfterSeconds(header: string | null, now: number): number | null {
  if (!header) return null;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : null;
}
