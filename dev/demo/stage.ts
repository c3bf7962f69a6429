// Where a demo takes place: on the best that this machine can run.
import { dockerRung } from '../binaries/docker-rung.ts';
import { realHost } from '../binaries/host-probes.ts';
import { runCommand } from '../cluster/run-command.ts';
import { nodeObstacle } from '../node/node-obstacle.ts';

/** A node of this machine, K3s in Docker, or nodes that kwok plays. */
export type Stage = 'node' | 'docker' | 'played';

/** What is known of this machine. */
export interface StageFacts {
  /** Somebody asked for played nodes. */
  readonly isPlayedWanted: boolean;
  /** Why a node cannot run here. */
  readonly obstacle: string | undefined;
  /** What is missing for K3s in Docker. */
  readonly dockerObstacle: string | undefined;
}

/** A stage, and why it is not a better one. */
export interface ChosenStage {
  readonly stage: Stage;
  readonly because?: string;
}

/** Chooses the stage. Pure. */
export function chosenStage({ isPlayedWanted, obstacle, dockerObstacle }: StageFacts): ChosenStage {
  if (isPlayedWanted) return { stage: 'played', because: 'on played nodes: --played asks for it' };
  if (obstacle === undefined) return { stage: 'node' };
  if (dockerObstacle === undefined) {
    return { stage: 'docker', because: `on K3s in Docker: ${obstacle}` };
  }
  return { stage: 'played', because: `on played nodes: ${obstacle}; ${dockerObstacle}` };
}

/** What keeps K3s from Docker here is what keeps a control plane from it. */
async function dockerObstacle(): Promise<string | undefined> {
  const outcome = await dockerRung(realHost(), runCommand);
  return 'skipped' in outcome ? outcome.skipped : undefined;
}

/** Looks at this machine and chooses. */
export async function stageFor(isPlayedWanted: boolean): Promise<ChosenStage> {
  const obstacle = isPlayedWanted ? undefined : nodeObstacle();
  return chosenStage({
    isPlayedWanted,
    obstacle,
    dockerObstacle: obstacle === undefined ? undefined : await dockerObstacle(),
  });
}
