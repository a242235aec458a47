/** How a channel ended. `exit` is undefined where the connection went away first. */
export interface ChannelEnd {
  readonly exit: number | undefined;
}

/** One running command on a host: bytes in both directions. Both SSH implementations give one. */
export interface ByteChannel {
  write(data: string | Uint8Array): void;
  /** Settles when more may be written without it piling up, or the channel has ended or was dropped; never rejects. */
  drained(): Promise<void>;
  /** Closes the command's standard input. */
  end(): void;
  /** Set once, before anything can arrive. */
  listen(listener: { stdout(chunk: Buffer): void; stderr(chunk: Buffer): void }): void;
  /** Settles when the command has ended and all of its output has been delivered; never rejects. */
  readonly ended: Promise<ChannelEnd>;
  /** Drops the channel without waiting for the command. */
  destroy(): void;
}

/** A connection to one host, made and authenticated. */
export interface Connection {
  /** Starts a command line through the login shell of the user. */
  open(commandLine: string): Promise<ByteChannel>;
  /** Settles when the connection is gone, with the reason where it was not closed by us. */
  readonly lost: Promise<Error | undefined>;
  close(): Promise<void>;
}
