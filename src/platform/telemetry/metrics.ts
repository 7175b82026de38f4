import type * as PromClient from 'prom-client';

/** Describes a metric. The values of its labels must be from a small, fixed set. */
interface MetricOptions<Label extends string> {
  /** With the unit, as the last part but `_total`. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly Label[];
}

type Labels<Label extends string> = Readonly<Record<Label, string>>;

/** Sets a value of a gauge. */
type SetValue<Label extends string> = (value: number, labels: Labels<Label>) => void;

/**
 * What `GET /metrics` returns. Each class declares and writes its own metrics. Unless METRICS_PORT is set, nothing is
 * recorded, and prom-client is not loaded.
 */
export class Metrics {
  private readonly registry: PromClient.Registry | undefined;

  private constructor(private readonly client: typeof PromClient | undefined) {
    if (client === undefined) return;
    this.registry = new client.Registry();
    client.collectDefaultMetrics({ register: this.registry });
  }

  static async create(isEnabled: boolean): Promise<Metrics> {
    return new Metrics(isEnabled ? await import('prom-client') : undefined);
  }

  get isEnabled(): boolean {
    return this.registry !== undefined;
  }

  /** Declares a counter, and returns the function that adds 1. */
  counter<Label extends string = never>(options: MetricOptions<Label>): (labels: Labels<Label>) => void {
    if (this.client === undefined) return ignore;
    const counter = new this.client.Counter(this.optionsOf(options));
    return (labels) => {
      counter.inc(labels);
    };
  }

  /** Declares a histogram, and returns the function that adds an observation. */
  histogram<Label extends string = never>(
    options: MetricOptions<Label> & { readonly buckets: readonly number[] },
  ): (value: number, labels: Labels<Label>) => void {
    if (this.client === undefined) return ignore;
    const histogram = new this.client.Histogram({ ...this.optionsOf(options), buckets: [...options.buckets] });
    return (value, labels) => {
      histogram.observe(labels, value);
    };
  }

  /**
   * Declares a gauge, whose values `read` sets for each response. A gauge that cannot be read is omitted from it.
   */
  gauge<Label extends string = never>(
    options: MetricOptions<Label>,
    read: (set: SetValue<Label>) => void | Promise<void>,
  ): void {
    if (this.client === undefined) return;
    const gauge = new this.client.Gauge({
      ...this.optionsOf(options),
      collect: async () => {
        const values: Parameters<SetValue<Label>>[] = [];
        try {
          await read((...value) => values.push(value));
        } catch {
          // The other metrics are needed most when the database is unavailable.
        }
        gauge.reset();
        // A gauge without labels is 0 after a reset.
        gauge.remove({});
        for (const [value, labels] of values) gauge.set(labels, value);
      },
    });
  }

  /** All metrics in the text format of Prometheus. */
  async text(): Promise<string> {
    return (await this.registry?.metrics()) ?? '';
  }

  private optionsOf<Label extends string>({
    name,
    help,
    labelNames = [],
  }: MetricOptions<Label>): {
    name: string;
    help: string;
    labelNames: Label[];
    registers: PromClient.Registry[];
  } {
    return { name, help, labelNames: [...labelNames], registers: this.registry === undefined ? [] : [this.registry] };
  }
}

function ignore(): void {
  // Metrics are off.
}
