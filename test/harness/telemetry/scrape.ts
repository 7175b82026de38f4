/** One value of a metric. */
interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A response of /metrics. */
export class Scrape {
  private constructor(readonly samples: readonly Sample[]) {}

  /** Reads all metrics; throws for a line that is not in the text format of Prometheus. */
  static async from(url: string): Promise<Scrape> {
    const response = await fetch(url);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${url} returned ${response.status}`);
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Scrape(lines.map(sampleIn));
  }

  get names(): ReadonlySet<string> {
    return new Set(this.samples.map(({ name }) => name));
  }

  /** The values of a metric whose labels include these. */
  values(name: string, labels: Readonly<Record<string, string>> = {}): number[] {
    return this.samples
      .filter((sample) => sample.name === name)
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
      .map(({ value }) => value);
  }

  /** The labels of a metric. */
  labelNames(name: string): ReadonlySet<string> {
    return new Set(this.samples.filter((sample) => sample.name === name).flatMap(({ labels }) => Object.keys(labels)));
  }

  /** The different values of a label. */
  labelValues(name: string, label: string): ReadonlySet<string> {
    return new Set(this.samples.filter((sample) => sample.name === name).map(({ labels }) => labels[label] ?? ''));
  }
}

function sampleIn(line: string): Sample {
  const [, name = '', inner = '', value = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === '' || (Number.isNaN(Number(value)) && !/^([+-]Inf|nan)$/i.test(value)))
    throw new Error(`Not a sample: ${line}`);
  const labels = Array.from(inner.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g), ([, label = '', text = '']) => [
    label,
    text,
  ]);
  return { name, labels: Object.fromEntries(labels) as Record<string, string>, value: Number(value) };
}
