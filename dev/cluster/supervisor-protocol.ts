/** What a cluster asks of its supervisor, over Node's IPC channel. */
export type SupervisorRequest =
  | { readonly type: 'start'; readonly process: ProcessSpecification }
  | { readonly type: 'kill'; readonly name: string; readonly signal: NodeJS.Signals }
  | { readonly type: 'stop' };

/** What the supervisor tells its cluster. */
export type SupervisorReport =
  | { readonly type: 'started'; readonly name: string; readonly pid: number }
  | { readonly type: 'exited'; readonly name: string; readonly outcome: string };

/** One process to run; both output streams are appended to `logPath`. */
export interface ProcessSpecification {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly logPath: string;
  /** User and group to run as; those of the supervisor when absent. */
  readonly uid?: number;
  readonly gid?: number;
  /** How to end it; SIGKILL when absent, or when it takes too long. */
  readonly stopSignal?: NodeJS.Signals;
  /** How long it may take to end after that signal; default 3 000. */
  readonly stopPatienceMs?: number;
}
