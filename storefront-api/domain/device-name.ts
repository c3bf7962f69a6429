// A few words for a browser, so that the owner of an account tells one session from another. The header itself is not kept.

const browsers: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bEdg(?:A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];

const systems: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
];

/** More than any browser sends. */
const maxHeaderLength = 512;

/** `Firefox on Android`; empty when the header tells nothing. Pure. */
export function deviceName(userAgent: string): string {
  const text = userAgent.slice(0, maxHeaderLength);
  const found = [browsers, systems].map(
    (list) => list.find(([pattern]) => pattern.test(text))?.[1],
  );
  return found.filter((name) => name !== undefined).join(' on ');
}
