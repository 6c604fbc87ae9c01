import type { Accepted, Filters, Region } from './contract';
import { Refusal, refusalOf } from './refusal';

export interface SearchOptions {
  readonly region?: Region | null;
  readonly topK: number;
  readonly filters: Filters;
  readonly geometricCheck: boolean;
}

export interface Upload {
  readonly accepted: Promise<Accepted>;
  abort(): void;
}

/** Sends photographs as one batch. XMLHttpRequest, because fetch does not tell how much has been sent. */
export function upload(files: readonly File[], options: SearchOptions, onSent: (fraction: number) => void): Upload {
  const request = new XMLHttpRequest();
  const accepted = new Promise<Accepted>((resolve, reject) => {
    request.upload.onprogress = (event) => event.lengthComputable && onSent(event.loaded / event.total);
    request.onerror = () => reject(Refusal.network());
    request.onabort = () => reject(new Refusal('aborted', ''));
    request.onload = () => {
      if (request.status === 202) resolve(JSON.parse(request.responseText) as Accepted);
      else reject(refusalOf(request.status, request.responseText, request.getResponseHeader('Retry-After')));
    };
  });
  request.open('POST', '/api/searches');
  request.send(formOf(files, options));
  return { accepted, abort: () => request.abort() };
}

function formOf(files: readonly File[], options: SearchOptions): FormData {
  const form = new FormData();
  for (const file of files) form.append('image', file, file.name);
  if (options.region) form.append('region', JSON.stringify(options.region));
  form.append('top_k', String(options.topK));
  const filters = Object.fromEntries(Object.entries(options.filters).filter(([, value]) => value));
  if (Object.keys(filters).length) form.append('filters', JSON.stringify(filters));
  form.append('geometric_check', String(options.geometricCheck));
  return form;
}
