import { describe, expect, it } from 'vitest';
import { href, isOurs, routeOf } from './router';

describe('an address', () => {
  it.each([
    ['/', { page: 'home' }],
    ['/catalogue', { page: 'catalogue' }],
    ['/catalogue/', { page: 'catalogue' }],
    ['/searches/4f2a', { page: 'search', id: '4f2a' }],
    ['/batches/b%201', { page: 'batch', id: 'b 1' }],
    ['/records/12', { page: 'record', id: 12 }],
    ['/records/twelve', { page: 'unknown' }],
    ['/searches', { page: 'unknown' }],
    ['/searches/a/b', { page: 'unknown' }],
    ['/%E0%A4%A', { page: 'unknown' }],
  ])('%s leads to %j', (pathname, route) => {
    expect(routeOf(pathname)).toEqual(route);
  });

  it.each([
    [href.search('a b'), '/searches/a%20b'],
    [href.match('a', 7), '/searches/a?match=7'],
    [href.catalogue({ q: 'амфора', typology: '' }), '/catalogue?q=%D0%B0%D0%BC%D1%84%D0%BE%D1%80%D0%B0'],
    [href.catalogue(), '/catalogue'],
  ])('is written as %s', (written, expected) => {
    expect(written).toBe(expected);
  });
});

describe('a click on a link', () => {
  const plain = { button: 0, metaKey: false, ctrlKey: false, shiftKey: false, altKey: false, defaultPrevented: false };

  it('is followed within the page when it leads to one of our pages', () => {
    expect(isOurs(plain, '', '/records/3')).toBe(true);
  });

  it('is left to the browser when a new tab is meant, or when it leads elsewhere', () => {
    expect(isOurs({ ...plain, ctrlKey: true }, '', '/records/3')).toBe(false);
    expect(isOurs({ ...plain, button: 1 }, '', '/records/3')).toBe(false);
    expect(isOurs(plain, '_blank', '/records/3')).toBe(false);
    expect(isOurs(plain, '', '/docs')).toBe(false);
    expect(isOurs(plain, '', '/api/images/3')).toBe(false);
  });
});
