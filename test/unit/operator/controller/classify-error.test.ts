import { describe, expect, it } from 'vitest';
import {
  classifyFailure,
  operatorError,
  worstError,
} from '../../../../operator/controller/classify-error.ts';
import { TerminalError, WaitingError } from '../../../../operator/errors.ts';
import { NameTakenError } from '../../../../operator/runtime/applier.ts';
import { KubeError } from '../../../../operator/runtime/kube-error.ts';

const refused = (code: number, reason: string, retryAfterMs?: number): KubeError =>
  new KubeError(`${code}`, { origin: 'http', code, reason, retryAfterMs });
const manifest = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop', namespace: 'a' } };

describe('a failure', () => {
  it.each([
    ['throttling', refused(429, 'TooManyRequests', 2_000), 'transient', 2_000],
    ['a conflict', refused(409, 'Conflict'), 'transient', undefined],
    ['a name that was taken meanwhile', refused(409, 'AlreadyExists'), 'transient', undefined],
    ['a missing permission', refused(403, 'Forbidden'), 'waiting', undefined],
    ['a foreign object', new NameTakenError(manifest, 'foreign'), 'waiting', undefined],
    ['a bad spec', new TerminalError('InvalidSpec', 'bad'), 'terminal', undefined],
    ['what nobody foresaw', new Error('oops'), 'transient', undefined],
  ])('by %s is treated by its kind', (_what, error, kind, retryAfterMs) => {
    expect(classifyFailure(error)).toEqual(
      retryAfterMs === undefined ? { kind } : { kind, retryAfterMs },
    );
  });

  it('of several objects keeps the longest wait that the API server asked for', () => {
    const first = worstError([
      refused(429, 'TooManyRequests', 1_000),
      refused(503, 'ServiceUnavailable', 4_000),
      new WaitingError('NameConflict', 'taken'),
    ]);
    expect(classifyFailure(first)).toEqual({ kind: 'transient', retryAfterMs: 4_000 });
    const second = worstError([first, refused(409, 'Conflict')]);
    expect(classifyFailure(second)).toEqual({ kind: 'transient', retryAfterMs: 4_000 });
  });
});

describe('a refusal', () => {
  const said = (code: number, reason: string, words: string): KubeError =>
    new KubeError(`PATCH /apis/x: ${code} ${reason}: ${words}`, { origin: 'http', code, reason });

  it.each([
    [
      said(403, 'Forbidden', 'pods "a" is forbidden: exceeded quota: few, requested: pods=1'),
      'QuotaExceeded',
      'raise that ResourceQuota',
    ],
    [
      said(403, 'Forbidden', 'pods "a" is forbidden: failed quota: mem: must specify memory'),
      'QuotaExceeded',
      'ask for less',
    ],
    [
      said(400, 'BadRequest', 'admission webhook "a.example" denied the request: no'),
      'AdmissionDenied',
      'exempt the store',
    ],
    [
      said(422, 'Invalid', "ValidatingAdmissionPolicy 'a' with binding 'b' denied request: no"),
      'AdmissionDenied',
      'exempt the store',
    ],
    [
      said(403, 'Forbidden', 'services is forbidden: User "u" cannot create resource "services"'),
      'PermissionMissing',
      'upgrade its chart',
    ],
    [
      said(
        403,
        'Forbidden',
        'persistentvolumeclaims "a-db" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      ),
      'VolumeCannotGrow',
      'set allowVolumeExpansion: true on the StorageClass of the claim, or set spec.database.managed.storage.size back',
    ],
    [
      said(
        422,
        'Invalid',
        'PersistentVolumeClaim "a-db" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ),
      'VolumeNotBound',
      'set spec.database.managed.storage back',
    ],
  ])('%s says what it is and what to do', (error, reason, remedy) => {
    const told = operatorError(error) as WaitingError;
    expect(told).toBeInstanceOf(WaitingError);
    expect(told.reason).toBe(reason);
    expect(told.message).toContain(error.message);
    expect(told.message).toContain(remedy);
  });

  it('of another kind keeps the words of the API server', () => {
    const error = said(422, 'Invalid', 'spec.ports: Required value');
    expect(operatorError(error)).toMatchObject({ reason: 'Invalid', message: error.message });
  });
});
