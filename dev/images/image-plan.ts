import type { ImageEntry } from './image-entries.ts';
import type { ImageConfig } from './oci-archive.ts';

/** Images of this project, and the one that it stands in for. */
export const imageNames = ['storefront-api', 'storefront-web', 'operator', 'postgres'] as const;

/** One of them. */
export type ImageName = (typeof imageNames)[number];

/** What an image is made of. */
export interface ImagePlan {
  readonly layers: readonly (readonly ImageEntry[])[];
  readonly config: ImageConfig;
}

/** What plans are made from. */
export interface PlanSources {
  /** The repository. */
  readonly repository: string;
  /** Unpacked Debian packages. */
  readonly debian: string;
  /** This machine's architecture in the words of Node. */
  readonly arch: string;
  /** A folder of its own for what is built on the way; it must last until the image is written. */
  readonly workFolder: string;
}

/** Where programs are looked for; the same in every image. */
export const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
