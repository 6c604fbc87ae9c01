import { describe, expect, it } from 'vitest';
import { batches, sorted } from './batches';

const file = (name: string, size: number): File => ({ name, size }) as File;
const limits = { max_files: 3, max_upload_bytes: 50, max_batch_bytes: 100 };
const names = (files: readonly File[]): string => files.map(({ name }) => name).join('');

describe('photographs that were chosen', () => {
  it('are divided so that each batch fits one request, in their order', () => {
    const files = [file('a', 50), file('b', 50), file('c', 1), file('d', 99), file('e', 30)];
    expect(batches(files, limits).map(names)).toEqual(['ab', 'cd', 'e']);
  });

  it('are one batch where the API tells no limit', () => {
    const { max_batch_bytes: _, ...older } = limits;
    expect(batches([file('a', 50), file('b', 90)], older).map(names)).toEqual(['ab']);
    expect(batches([], limits)).toEqual([]);
  });

  it('are left out with a reason where one is too large or there are too many', () => {
    const { fitting, leftOut } = sorted(
      ['a', 'b', 'c', 'd'].map((name) => file(name, 9)).concat(file('e', 51)),
      limits,
    );
    expect(names(fitting)).toBe('abc');
    expect(leftOut).toEqual([
      { name: 'e', code: 'too_large' },
      { name: 'd', code: 'too_many' },
    ]);
  });
});
