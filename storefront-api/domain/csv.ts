// CSV as RFC 4180 writes it: commas, double quotes, CRLF or LF, quotes doubled inside quotes. A byte order mark in front,
// as spreadsheets write it, is skipped.

/** A record and the line of the file it begins on, counted from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** What cannot be read, and where. */
export interface CsvFault {
  readonly line: number;
  readonly message: string;
}

const byteOrderMark = '\uFEFF';

/** One field: quoted, or without quotes, commas and line ends; then what ends it. Each character is looked at once. */
const fieldPattern = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/y;

function lineEnds(text: string): number {
  return text.split('\n').length - 1;
}

/**
 * Records of a CSV text; empty lines are left out. Pure.
 * @returns the first fault instead when the text is not CSV
 */
export function csvRecords(text: string): readonly CsvRecord[] | CsvFault {
  const records: CsvRecord[] = [];
  let [line, firstLine] = [1, 1];
  let fields: string[] = [];
  let at = text.startsWith(byteOrderMark) ? 1 : 0;
  while (at < text.length || fields.length > 0) {
    fieldPattern.lastIndex = at;
    const match = fieldPattern.exec(text);
    if (match === null) {
      const message =
        'has a quote or a line end out of place: put the text into quotes, write "" for a quote in it';
      return { line, message };
    }
    const [whole, quoted, plain = '', end] = match;
    fields.push(quoted?.replaceAll('""', '"') ?? plain);
    at += whole.length;
    line += lineEnds(whole);
    if (end === ',') continue;
    if (fields.length > 1 || fields[0] !== '') records.push({ line: firstLine, fields });
    fields = [];
    firstLine = line;
  }
  return records;
}
