import { describe, expect, it } from 'vitest';
import { Refusal } from './api/refusal';
import { complaintsOf, othersOf, type Batch } from './refused';

const batch = (...names: string[]): Batch => ({
  files: names.map((name) => ({ name }) as File),
  options: { topK: 10, filters: {}, geometricCheck: true },
  gesture: { at: '/', accepted: false },
});
const refusal = (...fields: Refusal['fields'][number][]): Refusal => new Refusal('no', 'No.', 422, null, fields);
const names = ({ files }: Batch): string => files.map(({ name }) => name).join('');

describe('a batch that was refused', () => {
  it('is complained of by file, and its others can be sent', () => {
    const refused = {
      refusal: refusal(
        { field: 'image', index: 0, code: 'empty_file', detail: 'Empty.' },
        { field: 'image', index: 2, detail: 'Bad.' },
      ),
      batches: [batch('a', 'b', 'c')],
    } as const;
    expect(complaintsOf(refused)).toEqual([
      { name: 'a', code: 'empty_file', detail: 'Empty.' },
      { name: 'c', code: 'no', detail: 'Bad.' },
    ]);
    expect(names(othersOf(refused))).toBe('b');
  });

  it('is refused as a whole, with what waited behind it, where no file is named', () => {
    const refused = { refusal: refusal({ field: 'top_k', detail: 'x' }), batches: [batch('a'), batch('b')] } as const;
    expect(complaintsOf(refused)).toEqual([
      { name: 'a', code: 'no', detail: 'No.' },
      { name: 'b', code: 'no', detail: 'No.' },
    ]);
    expect(names(othersOf(refused))).toBe('');
  });
});
