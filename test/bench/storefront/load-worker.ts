// The process that makes the load.
import { type Load, loadClient } from '../../../dev/load-client.ts';
import { answerParent } from './worker-messages.ts';

const send = loadClient();
answerParent((load) => send(load as Load));
