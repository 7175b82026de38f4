import type { ReactNode } from 'react';
import { Page } from '../kit/index.ts';

export default function OverviewPage(): ReactNode {
  return <Page title="Overview">Not built yet.</Page>;
}
