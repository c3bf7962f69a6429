import { describe, expect, it } from 'vitest';
import { type ChosenStage, chosenStage, type StageFacts } from '../../../dev/demo/stage.ts';

const asked: StageFacts = {
  isPlayedWanted: false,
  obstacle: undefined,
  dockerObstacle: 'no Docker engine answers',
};
const obstacle = 'a node needs root';

const cases: readonly (readonly [string, Partial<StageFacts>, ChosenStage])[] = [
  ['a node where one can run', {}, { stage: 'node' }],
  ['a node even where Docker runs', { dockerObstacle: undefined }, { stage: 'node' }],
  [
    'K3s in Docker where no node can run',
    { obstacle, dockerObstacle: undefined },
    { stage: 'docker', because: 'on K3s in Docker: a node needs root' },
  ],
  [
    'played nodes where neither can, and says why',
    { obstacle },
    {
      stage: 'played',
      because: 'on played nodes: a node needs root; no Docker engine answers',
    },
  ],
  [
    'played nodes where they are asked for',
    { isPlayedWanted: true },
    { stage: 'played', because: 'on played nodes: --played asks for it' },
  ],
];

describe('the stage of a demo', () => {
  it.each(cases)('is %s', (_title, facts, expected) => {
    expect(chosenStage({ ...asked, ...facts })).toEqual(expected);
  });
});
