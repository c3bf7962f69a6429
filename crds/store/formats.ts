// The scalar formats that several sections share. Each pattern is RE2-safe (no look-around, no back-reference),
// because kube-apiserver compiles it with Go's regexp package, and each string carries a bound, because an
// unbounded string under a CEL rule exceeds the API server's cost budget and the CRD is refused.
import { z } from 'zod';

/** Longest store name: leaves room for the longest child suffix inside the 63 characters of a DNS label (RFC 1123). */
export const maxStoreNameLength = 40;

/** A DNS label that may start a Service name (RFC 1035 section 2.3.1): Services are stricter than most objects. */
export const storeNamePattern = '^[a-z]([-a-z0-9]*[a-z0-9])?$';

/** A semantic version, https://semver.org (2.0.0), without build metadata: a `+` cannot stand in an image tag or a label. */
export const semverPattern =
  '^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)(-[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$';

/** A fully qualified DNS name in lower case: at least two labels of at most 63 characters (RFC 1123 section 2.1). */
export const hostPattern =
  '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+$';

/** A web origin as browsers send it (RFC 6454 section 6.2): https scheme, host, optional port, no path. */
export const httpsOriginPattern =
  '^https://[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*(:[1-9][0-9]{0,4})?$';

/** An object name as most kinds demand it: a DNS subdomain (RFC 1123), at most 253 characters. */
export const objectNamePattern =
  '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';

/** The name of an object in the store's namespace. */
export const objectName = (): z.ZodString =>
  z.string().min(1).max(253).regex(new RegExp(objectNamePattern));

/**
 * A positive Kubernetes quantity, as an integer or a string: `1`, `"250m"`, `"512Mi"`.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export const quantityPattern =
  '^(([0-9]+(\\.[0-9]{1,3})?)|(\\.[0-9]{1,3}))(m|k|Ki|M|Mi|G|Gi|T|Ti)?$';

/** A quantity field; the API server accepts an integer or a string for it, as it does in a pod. */
export const quantity = (): z.ZodType<number | string, number | string> =>
  z
    .union([z.int().min(0), z.string().max(20).regex(new RegExp(quantityPattern))])
    .meta({ 'x-kubernetes-int-or-string': true });
