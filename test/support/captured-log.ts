import { type Logger, pino } from 'pino';

/** One line of the operator's log. */
export interface CapturedLine {
  /** Level as a number: 40 is warn. */
  readonly level: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly msg: string;
  readonly store?: string;
  readonly [field: string]: unknown;
}

/** A logger, and the lines at warn and above that went through it. */
export function capturedLog(): { readonly log: Logger; readonly lines: readonly CapturedLine[] } {
  const lines: CapturedLine[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as CapturedLine);
  return { log: pino({ level: 'warn' }, { write }), lines };
}

const minuteMs = 60_000;

/** Lines that follow one about the same thing within a minute. A store is one thing, else the message says what is. */
export function repeatedLines(lines: readonly CapturedLine[]): readonly CapturedLine[] {
  const thing = ({ store, msg }: CapturedLine): string => store ?? msg;
  return lines.filter((line, index) =>
    lines
      .slice(0, index)
      .some((earlier) => thing(earlier) === thing(line) && line.time - earlier.time < minuteMs),
  );
}
