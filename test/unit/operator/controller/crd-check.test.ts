import { describe, expect, it } from 'vitest';
import { crdProblem } from '../../../../operator/controller/crd-check.ts';
import { httpFailure, ScriptedClient } from '../../../support/scripted-client.ts';
import { anOpenApiDocument } from './open-api-document.ts';

const problemWith = (answer: unknown): Promise<string | undefined> =>
  crdProblem(new ScriptedClient(() => answer));

describe('the CRD that the cluster serves', () => {
  it('is read from a document that everyone may read', async () => {
    const client = new ScriptedClient(() => anOpenApiDocument());
    expect(await crdProblem(client)).toBeUndefined();
    expect(client.lines()).toEqual(['GET /openapi/v3/apis/dhakacart.io/v1alpha1']);
  });

  it('is older when it lacks a field, which is named, and not what is below it', async () => {
    const problem = await problemWith(
      anOpenApiDocument(({ properties }) => {
        delete properties?.['spec']?.properties?.['security'];
        delete properties?.['status']?.properties?.['conditions']?.items?.properties?.['reason'];
      }),
    );
    expect(problem).toContain('lacks spec.security, status.conditions[].reason; apply the CRD');
  });

  it('may know more than the operator', async () => {
    const newer = anOpenApiDocument(({ properties = {} }) => {
      properties['future'] = {};
    });
    expect(await problemWith(newer)).toBeUndefined();
  });

  it('is missing when nothing of its group is served', async () => {
    expect(await problemWith(httpFailure(404, 'NotFound'))).toContain('is not installed');
  });

  it('is not judged when it cannot be read', async () => {
    await expect(problemWith(httpFailure(403, 'Forbidden'))).rejects.toThrow('Forbidden');
  });
});
