import { describe, expect, it } from 'vitest';
import { maxBodyBytes, maxBodyDepth } from '../../../storefront-api/routing/json-body.ts';
import { problem, withSmallApi } from '../../support/small-api.ts';

const send = withSmallApi();

const json = { 'content-type': 'application/json' };
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

async function expectRefused(query: string, path: string): Promise<void> {
  const answer = await send('GET', `/things/abc${query}`);
  expect(answer.status).toBe(400);
  expect(problem(answer).errors).toEqual([expect.objectContaining({ in: 'query', path })]);
}

describe('a query', () => {
  it.each([
    ['S64', '?n=1&n=2', 'n'],
    ['S64', '?n=1&%6E=2', 'n'],
    ['S66', '?__proto__=1', '__proto__'],
    ['S66', '?constructor=1', 'constructor'],
    ['S60', '?q=%00', 'q'],
    ['S61', '?q=%ff', 'q'],
    ['S61', '?q=%ED%A0%80', 'q'],
    ['S62', '?n=0', 'n'],
    ['S62', '?n=10', 'n'],
    ['S62', '?n=1e0', 'n'],
    ['S62', '?n=+1', 'n'],
    ['S62', '?n=01', 'n'],
    ['S62', '?n=%E0%A7%A7', 'n'],
    ['S62', '?n=', 'n'],
  ])('%s %s is refused, naming "%s"', async (_, query, path) => {
    await expectRefused(query, path);
  });

  it.each([
    ['?x=1', 'x'],
    ['?q=%zz', 'q'],
    ['?q=%7f', 'q'],
    ['?=1', ''],
    ['?n[]=1', 'n[]'],
    [`?q=${'a'.repeat(2_100)}`, ''],
    [`?${Array.from({ length: 33 }, (_, at) => `a${at}`).join('&')}`, ''],
  ])('%s is refused, naming "%s"', expectRefused);

  it('names every wrong field at once', async () => {
    const answer = await send('GET', '/things/ABC?n=x&y=1');
    expect(problem(answer).errors?.map((error) => `${error.in}:${error.path}`)).toEqual([
      'params:name',
      'query:n',
      'query:y',
    ]);
  });
});

describe('a path', () => {
  it.each([
    ['/things/%00', 400],
    ['/things/%zz', 400],
    ['/things/%c0%af', 400],
    ['/things/a%2fb', 400],
    ['/things/abc/', 404],
    ['//things/abc', 404],
    ['/THINGS/abc', 404],
    ['/things/../broken', 404],
    ['/', 404],
  ])('%s is answered with %i', async (path, status) => {
    const answer = await send('GET', path);
    expect(answer.status).toBe(status);
    problem(answer);
  });
});

describe('a body', () => {
  const good = '{"name":"abc"}';
  it.each<[string, number, { headers?: Record<string, string>; body?: string | Buffer }]>([
    ['good', 201, { headers: json, body: good }],
    [
      'good, with charset',
      201,
      { headers: { 'content-type': 'application/json; charset=UTF-8' }, body: good },
    ],
    ['S68 without type', 415, { body: good }],
    ['S68 text/plain', 415, { headers: { 'content-type': 'text/plain' }, body: good }],
    [
      'S68 form',
      415,
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'name=abc' },
    ],
    [
      'S68 multipart',
      415,
      { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' },
    ],
    [
      'S68 another charset',
      415,
      { headers: { 'content-type': 'application/json; charset=utf-16' }, body: good },
    ],
    [
      'S68 two types',
      415,
      { headers: { 'content-type': 'application/json, text/plain' }, body: good },
    ],
    ['S68 compressed', 415, { headers: { ...json, 'content-encoding': 'gzip' }, body: good }],
    ['missing', 400, { headers: json }],
    ['empty', 400, { headers: json, body: '' }],
    ['not JSON', 400, { headers: json, body: '{"name":' }],
    ['single quotes', 400, { headers: json, body: "{'name':'abc'}" }],
    ['S61 a byte order mark', 400, { headers: json, body: `\uFEFF${good}` }],
    ['S61 not UTF-8', 400, { headers: json, body: Buffer.from([0x22, 0xff, 0x22]) }],
    ['an array', 400, { headers: json, body: '[]' }],
    ['null', 400, { headers: json, body: 'null' }],
    ['S65 the same name twice', 400, { headers: json, body: '{"name":"a","name":"b"}' }],
    [
      'S65 the same name twice, escaped',
      400,
      { headers: json, body: '{"name":"a","n\\u0061me":"b"}' },
    ],
    [
      'S65 the same name twice, deep',
      400,
      { headers: json, body: '{"name":"a","lines":[{"n":1,"n":1}]}' },
    ],
    ['S66 __proto__', 400, { headers: json, body: '{"name":"a","__proto__":{"x":1}}' }],
    ['S66 constructor', 400, { headers: json, body: '{"name":"a","constructor":{}}' }],
    ['S60 NUL in a text', 400, { headers: json, body: '{"name":"a\\u0000"}' }],
    ['S61 a lone surrogate', 400, { headers: json, body: '{"name":"\\ud800"}' }],
    ['S51 an unknown field', 400, { headers: json, body: '{"name":"a","role":"staff"}' }],
    ['S67 too deep', 400, { headers: json, body: nested(maxBodyDepth + 1) }],
    ['S67 very deep', 400, { headers: json, body: nested(30_000) }],
    ['S67 too large', 413, { headers: json, body: `{"name":"${'a'.repeat(maxBodyBytes)}"}` }],
    [
      'S67 too large, chunked',
      413,
      {
        headers: { ...json, 'transfer-encoding': 'chunked' },
        body: Buffer.alloc(maxBodyBytes * 4, 32),
      },
    ],
    [
      'S62 a number as infinity',
      400,
      { headers: json, body: '{"name":"a","lines":[{"n":1e400}]}' },
    ],
  ])('%s: %i', async (_, status, init) => {
    const answer = await send('POST', '/things', init);
    expect(answer.status, answer.text).toBe(status);
    if (status !== 201) problem(answer);
  });

  it('of a nested field is named by its path', async () => {
    const answer = await send('POST', '/things', {
      headers: json,
      body: '{"name":"a","lines":[{"n":"x"}]}',
    });
    expect(problem(answer).errors).toEqual([
      expect.objectContaining({ in: 'body', path: 'lines.0.n' }),
    ]);
  });

  it('where none belongs is refused', async () => {
    const answer = await send('GET', '/things/abc', {
      headers: { ...json, 'content-length': '2' },
      body: '{}',
    });
    expect(answer.status).toBe(400);
  });
});

describe('a method', () => {
  it.each([
    ['PUT', '/things/abc', 405, 'DELETE, GET, HEAD, OPTIONS'],
    ['GET', '/things', 405, 'OPTIONS, POST'],
    ['TRACE', '/things', 405, 'OPTIONS, POST'],
    ['OPTIONS', '/things', 204, 'OPTIONS, POST'],
  ])('S54 %s %s is answered with %i', async (method, path, status, allow) => {
    const answer = await send(method, path);
    expect([answer.status, answer.headers['allow']]).toEqual([status, allow]);
  });

  it('S55 HEAD answers as GET, without the body', async () => {
    const [head, get] = [await send('HEAD', '/things/abc'), await send('GET', '/things/abc')];
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
  });
});
