// A child that somebody edits or deletes behind the operator's back.
import { expect } from 'vitest';
import type { ClusterAccess } from '../../dev/cluster/cluster.ts';
import { mustRun } from './cluster.ts';
import { eventually } from './eventually.ts';
import { list, type LiveObject, read } from './stores.ts';

/** A hand edit of one child, and where its trace is looked for. */
export interface HandEdit {
  readonly object: string;
  readonly patch: object;
  /** Default `strategic`, which kinds of CRDs do not have. */
  readonly patchType?: 'merge';
  readonly field: (live: LiveObject) => unknown;
}

/** The operator watches its children. */
export const repairTimeoutMs = 5_000;

/** Edits a child, and expects it set back with an Event, and what others added left alone. */
export async function expectSetBack(
  cluster: ClusterAccess,
  namespace: string,
  { object, patch, patchType, field }: HandEdit,
): Promise<void> {
  const get = (): Promise<LiveObject> => read(cluster, [object, '-n', namespace]);
  const run = (...args: readonly string[]): Promise<string> =>
    mustRun(cluster, [...args, '-n', namespace]);
  const before = field(await get());
  await run('label', object, 'team.example.com/owner=ops');
  await run('annotate', object, 'team.example.com/note=hands-off');

  await run('patch', object, `--type=${patchType ?? 'strategic'}`, '-p', JSON.stringify(patch));

  const live = await eventually(
    async () => {
      const now = await get();
      expect(field(now)).toEqual(before);
      return now;
    },
    { timeoutMs: repairTimeoutMs },
  );
  expect(live.metadata.labels?.['team.example.com/owner']).toBe('ops');
  expect(live.metadata.annotations?.['team.example.com/note']).toBe('hands-off');
  await eventually(async () => {
    const events = await list(cluster, 'events.events.k8s.io', ['-n', namespace]);
    const notes = events
      .filter((event) => event['reason'] === 'DriftRepaired')
      .map((event) => String(event['note']));
    const name = object.split('/')[1] ?? '';
    expect(notes.filter((note) => note.includes(name) && note.includes('kubectl'))).not.toEqual([]);
  });
}

/** Deletes a child, and expects another one with the same field. */
export async function expectMadeAnew(
  cluster: ClusterAccess,
  namespace: string,
  { object, field }: HandEdit,
): Promise<void> {
  const get = (): Promise<LiveObject> => read(cluster, [object, '-n', namespace]);
  const before = await get();

  await mustRun(cluster, ['delete', object, '--wait=false', '-n', namespace]);

  const live = await eventually(
    async () => {
      const now = await get();
      expect(now.metadata.uid).not.toBe(before.metadata.uid);
      return now;
    },
    { timeoutMs: repairTimeoutMs },
  );
  expect(field(live)).toEqual(field(before));
}
