import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiRequest } from '../../cluster/api-request.ts';
import type { ApiTarget } from '../../cluster/api-request.ts';
import { isFinished, needsVolume, volumeFor, volumeName } from './storage-objects.ts';
import type { Claim, Volume } from './storage-objects.ts';

const lookIntervalMs = 400;
const volumesPath = '/api/v1/persistentvolumes';
const claimsPath = '/api/v1/persistentvolumeclaims';
const folderMode = 0o755; // as a new disk: root's, until the kubelet gives it to the pod's group

/**
 * Gives claims of the default storage class a folder of the node, and takes the folder away when the claim is gone. It
 * asks now and then instead of watching: one node of a test, a few claims in its life.
 */
export class VolumeProvisioner {
  readonly #api: ApiTarget;
  readonly #folder: string;
  readonly #end = new AbortController();
  #work: Promise<void> | undefined;

  constructor(api: ApiTarget, folder: string) {
    this.#api = api;
    this.#folder = folder;
  }

  /** Begins to look, and does not keep the process alive. */
  start(): void {
    this.#work = this.#lookAgainAndAgain();
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#work;
  }

  async #lookAgainAndAgain(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      // The API server may be away for a while: a test restarts it. What is left undone is seen again.
      await this.#look().catch(() => undefined);
      await sleep(lookIntervalMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    for (const claim of (await this.#list<Claim>(claimsPath)).filter(needsVolume)) {
      const folder = this.#folderOf(volumeName(claim));
      // The mode of mkdir is what the umask leaves of it.
      if (mkdirSync(folder, { recursive: true }) !== undefined) chmodSync(folder, folderMode);
      await apiRequest(this.#api, { path: volumesPath, body: volumeFor(claim, folder) });
    }
    for (const { metadata } of (await this.#list<Volume>(volumesPath)).filter(isFinished)) {
      rmSync(this.#folderOf(metadata.name), { recursive: true, force: true });
      await apiRequest(this.#api, { path: `${volumesPath}/${metadata.name}`, method: 'DELETE' });
    }
  }

  async #list<T>(path: string): Promise<readonly T[]> {
    const { text } = await apiRequest(this.#api, { path });
    return (JSON.parse(text) as { readonly items?: readonly T[] }).items ?? [];
  }

  #folderOf(name: string): string {
    return join(this.#folder, name);
  }
}
