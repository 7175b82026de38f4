import type { ReactNode } from 'react';
import { Page } from '../kit/index.ts';

export default function JobsPage(): ReactNode {
  return <Page title="Jobs">Not built yet.</Page>;
}
