// The text of a page's end that a shopper gets and gives back. It is signed together with the question, so it can be
// neither made up nor carried to another list. The signing function comes from outside: this room knows no crypto.
import type { ListPosition } from './catalogue.ts';

/** Signs a text; base64url, the same for the same text. */
export type Sign = (text: string) => string;

/** Longest cursor that is looked at. */
export const maxCursorLength = 200;

const cursorPattern = /^(\d{1,17})\.(\d{1,16})\.([\w-]{22})$/;

/** The cursor of a position in the list that `question` names. */
export function pageCursor(position: ListPosition, question: string, sign: Sign): string {
  const place = `${position.key}.${position.id}`;
  return `${place}.${sign(`${question}\n${place}`)}`;
}

/** The position of a cursor; undefined when it is not one that we made for this question. */
export function positionOf(cursor: string, question: string, sign: Sign): ListPosition | undefined {
  const match = cursor.length > maxCursorLength ? null : cursorPattern.exec(cursor);
  if (match === null) return undefined;
  const position = { key: match[1] ?? '', id: Number(match[2]) };
  return pageCursor(position, question, sign) === cursor ? position : undefined;
}
