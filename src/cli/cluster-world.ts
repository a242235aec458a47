import type { WayToAws } from '../config/aws-section.ts';
import type { PinnedProgramFile } from '../bundle/pinned-downloads.ts';
import type { HostAddress } from '../core/address.ts';
import type { HostConnections } from '../connections/host.ts';
import type { Report } from '../core/events.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { SshSettings } from '../core/ssh-settings.ts';
import type { Topology } from '../core/topology.ts';
import type { BoundComponent } from '../engine/bound-component.ts';
import type { KindTable } from '../kinds/dispatch.ts';
import type { CliContext } from './context.ts';
import type { CloudOptions, ClusterOptions, HostOptions } from './options.ts';

/** A cluster as its files describe it. */
export interface LoadedCluster {
  readonly topology: Topology;
  readonly ssh: readonly SshSettings[];
  /** Undefined where the cluster is not on AWS. */
  readonly aws?: WayToAws | undefined;
  /** Warnings and remarks; errors were thrown as `ConfigInvalid`. */
  readonly diagnostics: readonly Diagnostic[];
  /** Preflight checks that may fail, by id; `all` means every one. */
  readonly ignoredPreflights: readonly string[];
  /** What is to be set up, in order; in a session without what `--until` leaves out. */
  readonly components: readonly BoundComponent[];
  /** The same components with nothing wanted: for `reset`. In reverse order. `limit`: only these leave, the others go on. */
  removal(limit: ReadonlySet<HostAddress> | undefined): readonly BoundComponent[];
}

/** What of the command line decides how a cluster is loaded. */
export type LoadOptions = ClusterOptions &
  Pick<HostOptions, 'upgrade' | 'maxParallel' | 'until'> & {
    /** Stands in place of the inventory's file. */
    readonly inventoryText?: string | undefined;
  };

/** What commands need of the world beyond the terminal. Tests bring their own. */
export interface ClusterWorld {
  /** Throws `ConfigInvalid` with everything that is wrong with the files. */
  load(context: CliContext, options: LoadOptions): Promise<LoadedCluster>;
  connect(
    context: CliContext,
    cluster: LoadedCluster,
    options: HostOptions & CloudOptions,
    report: Report,
  ): Promise<HostConnections>;
  kinds(): Promise<KindTable>;
  /** What can be downloaded where no bundle is named. */
  pins(): Promise<readonly PinnedProgramFile[]>;
}
