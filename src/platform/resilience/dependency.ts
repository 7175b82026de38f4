import { Logger } from '@nestjs/common';
import type { CircuitBreakerPolicy, IPolicy, RetryPolicy } from 'cockatiel';
import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
  wrap,
} from 'cockatiel';

/** How calls to a dependency fail, and what follows. */
export interface DependencyOptions {
  /** Which one of several, in the log. */
  readonly label?: string;
  /** Whether the error means that the dependency is unavailable, and not that it rejected this call. */
  readonly isFailure: (error: unknown) => boolean;
  /** The same for what a call returned; by default no result is a failure. */
  readonly isFailedResult?: (result: unknown) => boolean;
  /** Failures in a row that open the circuit. */
  readonly opensAfter: number;
  /** Milliseconds until an open circuit lets one call through, whose success closes it. */
  readonly halfOpenAfterMs: number;
  /** How often an idempotent call is repeated after a failure. */
  readonly retries: number;
}

/** Milliseconds: the first delay is about 100, each further one random and longer, within the time limit of the call. */
const backoff = { initialDelay: 100, maxDelay: 1000 };

/** The circuit is open: the dependency has failed several times in a row, and is not called. */
export class DependencyUnavailable extends Error {
  override readonly name = 'DependencyUnavailable';
}

/**
 * A service outside of this system. Its client limits the time of each call; this class repeats calls that may be
 * repeated, with random delays, and stops calling a dependency that fails each time (circuit breaker).
 */
export class Dependency {
  private readonly log = new Logger('Dependency');
  private readonly breaker: CircuitBreakerPolicy;
  private readonly retrying: IPolicy;

  constructor(
    readonly name: string,
    options: DependencyOptions,
  ) {
    const { isFailure, isFailedResult = () => false, opensAfter, halfOpenAfterMs, retries } = options;
    const failures = handleWhen(isFailure).orWhenResult(isFailedResult);
    const breaker = new ConsecutiveBreaker(opensAfter);
    this.breaker = circuitBreaker(failures, { halfOpenAfter: halfOpenAfterMs, breaker });
    const repeat: RetryPolicy = retry(failures, { maxAttempts: retries, backoff: new ExponentialBackoff(backoff) });
    this.retrying = wrap(repeat, this.breaker);
    this.logChanges(name, options.label);
  }

  /** Whether it was available when it was called last. */
  get isAvailable(): boolean {
    return this.breaker.state === CircuitState.Closed;
  }

  /**
   * Calls the dependency.
   * @param signal ends the retries of an idempotent call
   * @throws DependencyUnavailable at once while the circuit is open, and what `work` throws
   */
  async call<T>(
    work: () => Promise<T>,
    { isIdempotent, signal }: { isIdempotent: boolean; signal?: AbortSignal | undefined },
  ): Promise<T> {
    try {
      return await (isIdempotent ? this.retrying : this.breaker).execute(work, signal);
    } catch (error) {
      if (!(error instanceof BrokenCircuitError)) throw error;
      throw new DependencyUnavailable(`${this.name} is unavailable and not called`);
    }
  }

  private logChanges(dependency: string, label: string | undefined): void {
    const details = { dependency, ...(label !== undefined && { label }) };
    this.breaker.onBreak(() => {
      this.log.warn(details, 'Dependency unavailable; not called until it responds again');
    });
    this.breaker.onReset(() => {
      this.log.log(details, 'Dependency available again');
    });
  }
}
