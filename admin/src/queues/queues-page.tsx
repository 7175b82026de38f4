import type { ReactNode } from 'react';
import { Page } from '../kit/index.ts';

export default function QueuesPage(): ReactNode {
  return <Page title="Queues">Not built yet.</Page>;
}
