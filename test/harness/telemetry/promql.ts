/** A metric that a query reads. */
interface Selector {
  readonly metric: string;
  /** The labels of its matchers. */
  readonly labels: readonly string[];
}

const keywords = new Set(['and', 'or', 'unless', 'bool', 'offset', 'by', 'without', 'on', 'ignoring']);

/** The metrics of a query in PromQL, and the labels of their matchers. */
export function selectorsIn(query: string): Selector[] {
  const withoutGroupings = query.replaceAll(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, '');
  const tokens = withoutGroupings.matchAll(/"[^"]*"|\b([a-z_:][\w:]*)\s*(\(|\{[^}]*\})?|\[[^\]]*\]|[\d.e]+/gi);
  return Array.from(tokens)
    .filter(([, name, rest]) => name !== undefined && rest !== '(' && !keywords.has(name))
    .map(([, metric = '', matchers = '']) => ({
      metric,
      labels: Array.from(matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g), ([, label = '']) => label),
    }));
}

/** The labels of the groupings of a query. */
export function groupingsIn(query: string): string[] {
  return Array.from(query.matchAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g), ([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  ).flat();
}
