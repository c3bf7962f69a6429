// A rule is stated once, here in two languages side by side: as CEL for the API server and as a function for the guard
// inside reconcile. `ruled` puts both on one zod schema, so neither can be forgotten; a property test on a real API
// server shows that both give the same answer. Messages say what to write instead, because they are all an owner sees.
import type { z } from 'zod';

/** One entry of `x-kubernetes-validations`, https://kubernetes.io/docs/reference/access-authn-authz/ (CEL in CRDs). */
export interface KubernetesValidation {
  readonly rule: string;
  readonly message: string;
  readonly messageExpression?: string;
  readonly fieldPath?: string;
}

declare module 'zod' {
  interface GlobalMeta {
    'x-kubernetes-validations'?: readonly KubernetesValidation[];
    'x-kubernetes-int-or-string'?: true;
    'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
    'x-kubernetes-list-map-keys'?: readonly string[];
    maxLength?: number;
    maxProperties?: number;
    format?: string;
  }
}

/** A condition on a value of type `T` that the types alone cannot express. */
export interface Rule<T> {
  /** True for an accepted `self`, in CEL. Must not fail on any value of the right type. */
  readonly cel: string;
  /** The same condition in TypeScript, on the value after defaults. */
  readonly holds: (value: T) => boolean;
  /** What to write instead; names fields, never values. */
  readonly message: string;
  /** CEL that gives a better message where the API server is the reader, for example with the variable's name. */
  readonly messageExpression?: string;
  /** The field below `self` that is to blame, for example `autoscaling.minReplicas`. */
  readonly field?: string;
}

/** Puts rules on a schema, for the API server and for zod. Bounds (`.min()`, `.max()`) come before, defaults after. */
export function ruled<S extends z.ZodType>(schema: S, ...rules: readonly Rule<z.output<S>>[]): S {
  const refined = rules.reduce(
    (current, rule) =>
      current.refine(rule.holds, {
        error: rule.message,
        ...(rule.field === undefined ? {} : { path: rule.field.split('.') }),
      }),
    schema,
  );
  const earlier = schema.meta()?.['x-kubernetes-validations'] ?? [];
  return refined.meta({ 'x-kubernetes-validations': [...earlier, ...rules.map(ruleAsValidation)] });
}

/** A rule on a change, in which CEL sees the value of before as `oldSelf`. Nothing but the API server can judge it. */
export type ChangeRule = Omit<Rule<never>, 'holds'>;

/** Puts rules on the changes of a schema. The guard inside reconcile sees one spec at a time and knows none of them. */
export function changeRuled<S extends z.ZodType>(schema: S, ...rules: readonly ChangeRule[]): S {
  const earlier = schema.meta()?.['x-kubernetes-validations'] ?? [];
  return schema.meta({ 'x-kubernetes-validations': [...earlier, ...rules.map(ruleAsValidation)] });
}

/** The rule that a whole string matches a pattern. The pattern must mean the same in RE2 and in JavaScript. */
export function matching(pattern: string, message: string): Rule<string> {
  const expression = new RegExp(pattern);
  return {
    cel: `self.matches(${celString(pattern)})`,
    holds: (value) => expression.test(value),
    message,
  };
}

/** A raw CEL string literal, in which a backslash means itself. Throws on a quote, which it cannot hold. */
export function celString(text: string): string {
  if (/['\r\n]/.test(text)) throw new Error(`cannot be a raw CEL literal: ${text}`);
  return `r'${text}'`;
}

/** The form of a rule that stands in a CRD. */
export function ruleAsValidation(rule: ChangeRule): KubernetesValidation {
  return {
    rule: rule.cel,
    message: rule.message,
    ...(rule.messageExpression === undefined ? {} : { messageExpression: rule.messageExpression }),
    ...(rule.field === undefined ? {} : { fieldPath: `.${rule.field}` }),
  };
}
