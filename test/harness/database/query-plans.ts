import type { Pool, PoolClient } from 'pg';

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Node[];
}

/** Runs a statement. How many pages it has read, and the tables that it has read as a whole and that are not empty. */
export async function pagesRead(
  connection: Pool | PoolClient,
  statement: string,
  values: readonly unknown[] = [],
): Promise<{ pages: number; scanned: string[] }> {
  const { rows } = await connection.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
    `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${statement}`,
    [...values],
  );
  const plan = rows[0]?.['QUERY PLAN'][0].Plan;
  if (plan === undefined) throw new Error('There is no plan');
  const scans = nodesOf(plan).filter((node) => node['Node Type'] === 'Seq Scan' && pagesOf(node) > 0);
  return {
    pages: pagesOf(plan),
    scanned: scans.map((node) => node['Relation Name'] ?? ''),
  };
}

/** Every combination of one value of each member. */
export function combinations<T extends object>(values: { readonly [Name in keyof T]: readonly T[Name][] }): T[] {
  return Object.entries(values as Readonly<Record<string, readonly unknown[]>>).reduce<object[]>(
    (some, [name, ones]) => some.flatMap((each) => ones.map((one) => ({ ...each, [name]: one }))),
    [{}],
  ) as T[];
}

function pagesOf(node: Node): number {
  return node['Shared Hit Blocks'] + node['Shared Read Blocks'];
}

function nodesOf(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}
