// An account and its addresses in the hands of their owner, and of nobody else.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxAddresses } from '../../../../storefront-api/domain/account.ts';
import type { RunningApi } from '../../../../storefront-api/start-api.ts';
import { fetchFrom, migratedDatabase, startedApi } from '../../../support/storefront.ts';
import { sendJson, type SignedIn, signedInShopper } from '../../../support/shoppers.ts';

let api: RunningApi;
beforeAll(async () => {
  api = await startedApi(await migratedDatabase());
});
afterAll(() => api.stop());

const home = {
  name: 'Rahima Begum',
  phone: '০১৭১২-৩৪৫৬৭৮',
  division: 'Dhaka',
  district: 'Gazipur',
  upazila: 'Sreepur',
  street: 'বাড়ি ১২, রোড ৫',
};

interface AddressBody {
  readonly id: string;
  readonly phone: string;
  readonly isDefault: boolean;
}

function send(
  { headers }: Pick<SignedIn, 'headers'>,
  method: string,
  [path, body]: readonly [path: string, body?: unknown],
): Promise<Response> {
  return sendJson(api, [method, path], { headers, body });
}

async function added(owner: SignedIn, change: object = {}): Promise<AddressBody> {
  const response = await send(owner, 'POST', ['/api/me/addresses', { ...home, ...change }]);
  expect(response.status).toBe(201);
  return (await response.json()) as AddressBody;
}

async function listOf(owner: SignedIn): Promise<readonly AddressBody[]> {
  const response = await send(owner, 'GET', ['/api/me/addresses']);
  return ((await response.json()) as { items: readonly AddressBody[] }).items;
}

describe('an account', () => {
  it('is shown to its owner and kept by nobody', async () => {
    const owner = await signedInShopper(api);
    const response = await send(owner, 'GET', ['/api/me']);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      id: owner.userId,
      email: owner.email,
      name: '',
      phone: null,
      locale: 'en',
      role: 'shopper',
      isEmailVerified: true,
    });
  });

  it('changes what is named, and forgets a telephone number', async () => {
    const owner = await signedInShopper(api);
    const body = { name: '  রহিমা ', phone: '+880 1712 345678', locale: 'bn' };
    const changed = await send(owner, 'PATCH', ['/api/me', body]);
    const expected = { name: 'রহিমা', phone: '+8801712345678', locale: 'bn' };
    expect(await changed.json()).toMatchObject(expected);
    const without = await send(owner, 'PATCH', ['/api/me', { phone: null }]);
    expect(await without.json()).toMatchObject({ ...expected, phone: null });
  });

  it.each<[string, unknown]>([
    ['role', { role: 'staff' }],
    ['email', { email: 'other@example.com' }],
    ['id', { id: '7f2c1f0e-6f53-4f0e-9a3f-2f6f3b6f0a11' }],
    ['phone', { phone: '12345' }],
    ['name', { name: 'x'.repeat(101) }],
  ])('S51 S33 refuses a change of "%s"', async (path, body) => {
    const owner = await signedInShopper(api);
    const response = await send(owner, 'PATCH', ['/api/me', body]);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ in: 'body', path }] });
  });

  it('is nobody’s without a token', async () => {
    for (const authorization of [
      '',
      'Basic YTpi',
      'Bearer',
      'Bearer x.y.z',
      `Bearer ${'a'.repeat(3_000)}`,
    ]) {
      const response = await fetchFrom(api, '/api/me', { headers: { authorization } });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /);
    }
  });
});

describe('an address', () => {
  it('is added, replaced and removed', async () => {
    const owner = await signedInShopper(api);
    const { id, phone, isDefault } = await added(owner);
    expect([phone, isDefault]).toEqual(['+8801712345678', true]);
    const path = `/api/me/addresses/${id}`;
    const body = { ...home, street: 'House 13' };
    expect(await (await send(owner, 'PUT', [path, body])).json()).toMatchObject({
      id,
      street: 'House 13',
    });
    expect(await (await send(owner, 'GET', [path])).json()).toMatchObject({ street: 'House 13' });
    expect((await send(owner, 'DELETE', [path])).status).toBe(204);
    expect((await send(owner, 'GET', [path])).status).toBe(404);
    expect((await send(owner, 'DELETE', [path])).status).toBe(404);
  });

  it('is the one default at a time', async () => {
    const owner = await signedInShopper(api);
    const [first, second] = [await added(owner), await added(owner, { isDefault: true })];
    expect((await listOf(owner)).map(({ id, isDefault }) => [id, isDefault])).toEqual([
      [second.id, true],
      [first.id, false],
    ]);
    await send(owner, 'PUT', [`/api/me/addresses/${first.id}`, { ...home, isDefault: true }]);
    expect((await listOf(owner))[0]).toMatchObject({ id: first.id, isDefault: true });
    const nowhere = '/api/me/addresses/7f2c1f0e-6f53-4f0e-9a3f-2f6f3b6f0a11';
    expect((await send(owner, 'PUT', [nowhere, { ...home, isDefault: true }])).status).toBe(404);
    expect((await listOf(owner))[0]).toMatchObject({ id: first.id, isDefault: true });
  });

  it('is one of twenty, even when many are added at once', async () => {
    const owner = await signedInShopper(api);
    const all = await Promise.all(
      Array.from({ length: maxAddresses + 4 }, () =>
        send(owner, 'POST', ['/api/me/addresses', { ...home, isDefault: true }]),
      ),
    );
    expect(all.filter(({ status }) => status === 201)).toHaveLength(maxAddresses);
    expect(all.filter(({ status }) => status === 409)).toHaveLength(4);
    expect((await listOf(owner)).filter(({ isDefault }) => isDefault)).toHaveLength(1);
  });

  it('S49 of somebody else is not there', async () => {
    const [owner, other] = [await signedInShopper(api), await signedInShopper(api)];
    const { id } = await added(owner);
    const path = `/api/me/addresses/${id}`;
    for (const [method, body] of [['GET'], ['DELETE'], ['PUT', home]] as const)
      expect((await send(other, method, [path, body])).status).toBe(404);
    expect(await listOf(owner)).toHaveLength(1);
    const nested = { ...home, user_id: owner.userId };
    expect((await send(other, 'POST', ['/api/me/addresses', nested])).status).toBe(400);
  });

  it.each([
    ['phone', { phone: '+911234567890' }],
    ['division', { division: 'Kolkata' }],
    ['district', { district: 'Sylhet' }],
    ['upazila', { upazila: ' ' }],
    ['street', { street: '' }],
  ])('names a wrong %s', async (path, change) => {
    const owner = await signedInShopper(api);
    const response = await send(owner, 'POST', ['/api/me/addresses', { ...home, ...change }]);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ in: 'body', path }] });
  });
});
