/** Repeats a part of a document. */
export function repeated(times: number, part: (at: number) => string): string {
  return Array.from({ length: times }, (_, at) => part(at)).join(' ');
}

/** Documents and a batch that are refused, by what is wrong with them. */
export const refusedRequests = {
  tooManyAliases: { query: `{ ${repeated(51, (at) => `a${at}: me { id }`)} }` },
  tooDeep: { query: `${'{ users '.repeat(50)}{ id }${' }'.repeat(50)}` },
  doublingFragments: {
    query:
      `{ ...F0 } ${repeated(20, (at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`)} ` +
      'fragment F20 on Query { me { id } }',
  },
  circularFragments: { query: '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }' },
  tenThousandAliases: { query: `{ ${repeated(10_000, (at) => `a${at}: __typename`)} }` },
  oneMiB: { query: `{ me { id } } #${'x'.repeat(1024 * 1024)}` },
  batch: Array.from({ length: 1000 }, () => ({ query: '{ me { id } }' })),
};
