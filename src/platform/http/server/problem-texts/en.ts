import type { ProblemKind } from '../../problem/problem-kind.ts';

/** What a page says about a kind of problem. */
type KindTexts = Pick<ProblemKind, 'title' | 'description' | 'resolution'>;

/** The texts of the pages about problems in English, with the kinds as the catalogue declares them. */
export const en = {
  status: 'Status',
  resolution: 'What to do',
  startPage: 'Start page',
  requestId: 'Request id',
  type: 'Problem type',
  /** By slug. */
  kinds: {} as Readonly<Record<string, KindTexts>>,
};
