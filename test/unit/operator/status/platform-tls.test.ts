// TLSReady of a store whose certificate is at the listener of a Gateway that is not its own.
import { describe, expect, it } from 'vitest';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import { aGateway, judge, plan, refused, sound, type Wish } from './gateway-inputs.ts';

describe("TLSReady where the listener is the platform's", () => {
  const to = (rest: object): StoreSpecInput['exposure'] => ({
    mode: 'Gateway',
    gateway: { parentRef: { name: 'shared', namespace: 'infra', ...rest } },
  });
  const unusable = refused('ResolvedRefs', 'InvalidCertificateRef');

  it.each([
    [
      'its https listener',
      {},
      'True PlatformCertificate',
      'listener https of Gateway infra/shared',
    ],
    ['any of its listeners', { exposure: to({}) }, 'True PlatformCertificate', 'listener https'],
    [
      'a listener for http',
      { exposure: to({ sectionName: 'http' }) },
      'False ListenerNotHttps',
      'name its https listener in spec.exposure.gateway.parentRef.sectionName',
    ],
    [
      'a listener that does not exist',
      { exposure: to({ sectionName: 'tls' }) },
      'False ListenerNotHttps',
      'no listener tls for https',
    ],
    [
      'a listener without a certificate',
      { objects: { ...sound, gateway: aGateway({ https: unusable }) } },
      'False PlatformCertificateUnusable',
      'InvalidCertificateRef: as its controller says',
    ],
    [
      'a Gateway that does not exist',
      { objects: {}, plan: { ...plan, problem: 'GatewayNotFound' } },
      'Unknown NotJudgedYet',
      'Gateway infra/shared',
    ],
    [
      'a listener, whatever certificate the owner has',
      { tls: { mode: 'ExistingSecret', secretName: 'mine' } },
      'True PlatformCertificate',
      'spec.tls is not used',
    ],
    ['plain http', { tls: { mode: 'Off' } }, 'True Off', 'plain http'],
  ] satisfies readonly (readonly [string, Wish, string, string])[])(
    '%s',
    (_title, wish, text, words) => {
      const judged = judge(wish);
      expect(judged.tls.text).toBe(text);
      expect(judged.tls.message).toContain(words);
    },
  );

  it('is said of the certificate, too', () => {
    expect(judge().status.tls).toEqual({ mode: 'Platform' });
  });
});
