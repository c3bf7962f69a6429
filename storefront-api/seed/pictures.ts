// Pictures of the demonstration products, drawn by our own rules: the same name, the same bytes. Only attributes are
// used, no styles, scripts or fonts, so that the strictest Content-Security-Policy shows them whole.
import { createHash } from 'node:crypto';

/** What is drawn. */
export type PictureKind = 'cloth' | 'bottle' | 'bag' | 'fish' | 'bowl' | 'craft';

/** Width and height of every picture in pixels. */
export const pictureSize = 480;

interface Colours {
  readonly ground: string;
  readonly main: string;
  readonly accent: string;
}

function colours(bytes: Buffer): Colours {
  const hue = Math.round(((bytes[0] ?? 0) / 255) * 360);
  const second = (hue + 140 + ((bytes[1] ?? 0) % 80)) % 360;
  return {
    ground: `hsl(${hue},45%,92%)`,
    main: `hsl(${hue},55%,42%)`,
    accent: `hsl(${second},65%,55%)`,
  };
}

function motifs(bytes: Buffer, colour: string): string {
  return [...bytes.subarray(2, 14)]
    .map((byte, at) => {
      const x = 132 + (at % 4) * 72;
      const y = 150 + Math.floor(at / 4) * 82;
      return byte % 2 === 0
        ? `<circle cx="${x}" cy="${y}" r="${8 + (byte % 12)}" fill="${colour}"/>`
        : `<path d="M${x} ${y - 18}l14 18-14 18-14-18z" fill="${colour}"/>`;
    })
    .join('');
}

const drawings: Readonly<Record<PictureKind, (colours: Colours, bytes: Buffer) => string>> = {
  cloth: ({ main, accent }, bytes) =>
    `<rect x="96" y="80" width="288" height="320" rx="6" fill="${main}"/>${motifs(bytes, accent)}` +
    `<rect x="96" y="364" width="288" height="18" fill="${accent}"/><rect x="96" y="98" width="288" height="10" fill="${accent}"/>`,
  bottle: ({ main, accent }) =>
    `<rect x="208" y="70" width="64" height="44" rx="6" fill="${accent}"/><path d="M212 112h56v44l44 48v190a18 18 0 0 1-18 18H186a18 18 0 0 1-18-18V204l44-48z" fill="${main}"/>` +
    `<rect x="168" y="250" width="144" height="88" fill="${accent}"/>`,
  bag: ({ main, accent }, bytes) =>
    `<path d="M176 176c0-110 128-110 128 0" fill="none" stroke="${accent}" stroke-width="16"/><path d="M112 168h256l24 236H88z" fill="${main}"/>` +
    `<circle cx="240" cy="288" r="${36 + ((bytes[3] ?? 0) % 30)}" fill="${accent}"/>`,
  fish: ({ main, accent }) =>
    `<path d="M70 240c70-110 210-110 280 0-70 110-210 110-280 0z" fill="${main}"/><path d="M336 240l80-70v140z" fill="${accent}"/>` +
    `<circle cx="136" cy="222" r="12" fill="${accent}"/><path d="M190 176c26 40 26 88 0 128" fill="none" stroke="${accent}" stroke-width="6"/>`,
  bowl: ({ main, accent }) =>
    `<circle cx="184" cy="226" r="46" fill="${accent}"/><circle cx="262" cy="206" r="54" fill="${accent}"/><circle cx="322" cy="232" r="42" fill="${accent}"/>` +
    `<path d="M92 240h296c0 100-64 156-148 156S92 340 92 240z" fill="${main}"/>`,
  craft: ({ main, accent }, bytes) =>
    `<path d="M200 84h80l-14 60c66 40 92 96 92 150 0 62-48 106-118 106s-118-44-118-106c0-54 26-110 92-150z" fill="${main}"/>` +
    `<path d="M126 ${260 + ((bytes[4] ?? 0) % 40)}h228" stroke="${accent}" stroke-width="14"/><path d="M138 330h204" stroke="${accent}" stroke-width="8"/>`,
};

/** Draws a picture. Pure. */
export function picture(name: string, kind: PictureKind): string {
  const bytes = createHash('sha256').update(name).digest();
  const palette = colours(bytes);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${pictureSize}" height="${pictureSize}" viewBox="0 0 480 480">` +
    `<rect width="480" height="480" fill="${palette.ground}"/>${drawings[kind](palette, bytes)}</svg>`
  );
}

/** File name of a picture: it changes with the content, so that it may be kept for ever. Pure. */
export function pictureFile(name: string, content: string): string {
  return `${name}-${createHash('sha256').update(content).digest('hex').slice(0, 8)}.svg`;
}
