// The scalar formats that several sections share. Each pattern means the same in RE2 (no look-around, no
// back-reference), because kube-apiserver runs it in Go, and each string carries a bound, because an unbounded string
// under a CEL rule exceeds the API server's cost budget and the CRD is refused.
import { z } from 'zod';
import { matching, ruled, type Rule } from './rules.ts';

/** Longest store name: leaves room for the longest child suffix inside the 63 characters of a DNS label (RFC 1123). */
export const maxStoreNameLength = 40;

/** A DNS label that may start a Service name (RFC 1035 section 2.3.1): Services are stricter than most objects. */
export const storeNamePattern = '^[a-z]([-a-z0-9]*[a-z0-9])?$';

/**
 * A semantic version, https://semver.org (2.0.0), that is also an image tag and a label value: no build metadata
 * (`+` stands in neither), and no `-` at the end of an identifier.
 */
export const semverPattern =
  '^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)' +
  '(-[0-9A-Za-z]([-0-9A-Za-z]*[0-9A-Za-z])?(\\.[0-9A-Za-z]([-0-9A-Za-z]*[0-9A-Za-z])?)*)?$';

/** A DNS name in lower case with at least two labels of at most 63 characters (RFC 1123); the last is no number (no IP). */
export const hostPattern =
  '^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?$';

// 1 to 65535.
const portPattern =
  '([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';

const octetPattern = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';

/** An IPv4 address as four numbers without leading zeros, without anchors. */
export const ipv4Pattern = `${octetPattern}(\\.${octetPattern}){3}`;

/**
 * A web origin as browsers send it (RFC 6454 section 6.2): https scheme, host, optional port, no path. A host whose last
 * label begins with a digit is an address or, for a URL parser, nothing: https://url.spec.whatwg.org/#ends-in-a-number-checker.
 */
export const httpsOriginPattern =
  '^https://(([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\\.)*[a-z]([-a-z0-9]{0,61}[a-z0-9])?' +
  `|${ipv4Pattern})(:${portPattern})?$`;

/** An object name as most kinds demand it: a DNS subdomain (RFC 1123), at most 253 characters. */
export const objectNamePattern =
  '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';

/** A key of a Secret or ConfigMap: neither `.` nor `..` nor anything that begins with `..`. */
export const dataKeyPattern = '^\\.?[-_A-Za-z0-9][-._A-Za-z0-9]*$';

/** A label value, also the value of a taint; may be empty. */
export const labelValuePattern = '^([A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?)?$';

/** A qualified name, as the key of a label or taint: an optional DNS subdomain and a slash, then at most 63 characters. */
export const qualifiedNamePattern =
  '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?' +
  '[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?$';

/** Longest qualified name: a subdomain of 253, a slash, a name of 63. */
export const maxQualifiedNameLength = 317;

const maxPrefixLength = 253;
const qualifiedName = new RegExp(qualifiedNamePattern);

/** What a qualified name is, for messages. */
export const qualifiedNameFormat =
  'letters, digits, -, _ and ., at most 63 characters, after an optional DNS name and /, such as example.com/pool';

/** Whether a text is a qualified name. */
export const isQualifiedName = (name: string): boolean =>
  name.length <= maxQualifiedNameLength &&
  name.indexOf('/') <= maxPrefixLength &&
  qualifiedName.test(name);

/** The same in CEL, about a variable. */
export const qualifiedNameCel = (variable: string): string =>
  `${variable}.matches(r'${qualifiedNamePattern}') && ${variable}.indexOf('/') <= ${maxPrefixLength}`;

/** A string with a bound and a pattern. `message` completes the sentence "the field ..." with what to write. */
export const patternedString = (maxLength: number, pattern: string, message: string): z.ZodString =>
  ruled(z.string().max(maxLength), matching(pattern, message));

/**
 * Free text of at most `maxLength` Unicode characters. Not `.max()`: that counts UTF-16 units, the API server counts
 * characters, and the two would disagree about an emoji.
 */
export const freeText = (maxLength: number): z.ZodString =>
  z
    .string()
    .refine((text) => text.length <= maxLength || Array.from(text).length <= maxLength, {
      error: `must have at most ${maxLength} characters`,
    })
    .meta({ maxLength });

/** The name of an object in the store's namespace. */
export const objectName = (): z.ZodString =>
  patternedString(
    253,
    objectNamePattern,
    'must be the name of an object: lower-case letters, digits, - and ., beginning and ending with a letter or digit',
  );

/** A region of AWS. */
export const awsRegion = (): z.ZodString =>
  patternedString(25, '^[a-z]{2,3}(-[a-z]+)+-[1-9]$', 'must be an AWS region such as ap-south-1');

/** The ARN of an IAM role, or nothing: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html. */
export const roleArn = (): z.ZodString =>
  patternedString(
    2048,
    '^$|^arn:aws[-a-z]*:iam::[0-9]{12}:role/[-+=,.@_/A-Za-z0-9]+$',
    'must be the ARN of a role such as arn:aws:iam::123456789012:role/shop, or empty',
  );

/** The key of a value inside a Secret or ConfigMap. */
export const dataKey = (): z.ZodString =>
  patternedString(253, dataKeyPattern, 'must be a key: letters, digits, -, _ and .');

/** The value of a label or taint. */
export const labelValue = (): z.ZodString =>
  patternedString(
    63,
    labelValuePattern,
    'must be a label value: letters, digits, -, _ and ., beginning and ending with a letter or digit',
  );

/** A list in which each item may stand once; `x-kubernetes-list-type: set` for the API server. */
export function uniqueList(item: z.ZodString, maxItems: number): z.ZodArray<z.ZodString> {
  return z
    .array(item)
    .max(maxItems)
    .refine((items) => new Set(items).size === items.length, {
      error: 'must name each item once: remove the repetition',
    })
    .meta({ 'x-kubernetes-list-type': 'set' });
}

/** The rule for `metadata.name`, stated on the object's root because a CRD can restrict a name only there. */
export const storeNameRule: Rule<{ readonly metadata: { readonly name: string } }> = {
  cel: `self.metadata.name.size() <= ${maxStoreNameLength} && self.metadata.name.matches(r'${storeNamePattern}')`,
  holds: ({ metadata: { name } }) =>
    name.length <= maxStoreNameLength && new RegExp(storeNamePattern).test(name),
  message:
    `name must have at most ${maxStoreNameLength} characters: lower-case letters, digits and -, ` +
    'beginning with a letter and ending with a letter or digit, such as dhaka',
  field: 'metadata',
};
