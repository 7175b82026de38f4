import { Card, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { useRead } from '../api/index.ts';
import type { Column } from '../kit/index.ts';
import { DataTable, Pending } from '../kit/index.ts';

interface WholeListProps<T> {
  /** Below `/v1`; the list has no pages. */
  readonly path: string;
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly actions: (row: T) => ReactNode;
  readonly empty: string;
}

/** A short list that the API returns as a whole. */
export function WholeList<T extends { readonly id: string }>({ path, empty, ...table }: WholeListProps<T>): ReactNode {
  const { data: list, error, refetch } = useRead<{ readonly data: readonly T[] }>(path);
  if (error !== null || list === undefined) return <Pending error={error} refetch={refetch} />;
  if (list.data.length > 0) return <DataTable<T> rows={list.data} {...table} />;
  return (
    <Card variant="outlined" sx={{ p: 3, textAlign: 'center' }}>
      <Typography color="textSecondary">{empty}</Typography>
    </Card>
  );
}
