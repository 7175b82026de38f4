import { Box, Card, CircularProgress, LinearProgress, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import type { SortPayload } from 'react-admin';
import { FilterLiveForm, ListBase, useListContext } from 'react-admin';
import { CursorPagination } from './cursor-pagination.tsx';
import { Page } from './page.tsx';
import { ProblemAlert } from './problem-alert.tsx';

interface ListProps {
  /** Path below `/v1`, such as `users`; a nested one for a tab: `users/{id}/sessions`. */
  readonly resource: string;
  readonly sort?: SortPayload;
  /** Query parameters that the user cannot change. */
  readonly filter?: Readonly<Record<string, unknown>>;
  /** Inputs whose sources are query parameters of the list. */
  readonly filters?: ReactNode;
  /** Shown instead of an empty table. */
  readonly empty: string;
  /** A list inside of another page keeps its page and filters out of the URL. */
  readonly nested?: boolean;
  /** Milliseconds after which the list is read again; without it, when the user returns to the tab. */
  readonly refreshEvery?: number;
  /** A ListTable. */
  readonly children: ReactNode;
}

/** A list with filters, cursor paging, and its states: loading, empty, failed. */
export function List({
  resource,
  sort,
  filter,
  filters,
  empty,
  nested = false,
  refreshEvery,
  children,
}: ListProps): ReactNode {
  // The content shows the failure: react-admin's notification would show it twice.
  const queryOptions = { onError: () => undefined, refetchInterval: refreshEvery ?? false } as const;
  return (
    <ListBase
      resource={resource}
      perPage={25}
      {...(sort && { sort })}
      {...(filter && { filter })}
      disableSyncWithLocation={nested}
      storeKey={false}
      exporter={false}
      queryOptions={queryOptions}
    >
      {filters !== undefined && (
        <FilterLiveForm>
          <Box
            role="search"
            sx={{
              display: 'flex',
              flexWrap: 'wrap',
              gap: 1.5,
              mb: 2,
              '& > *': { flex: '1 1 150px', maxWidth: { sm: 260 } },
            }}
          >
            {filters}
          </Box>
        </FilterLiveForm>
      )}
      <Content empty={empty}>{children}</Content>
    </ListBase>
  );
}

/** A list that is a screen of its own. */
export function ListPage({ title, actions, ...list }: ListProps & { title: string; actions?: ReactNode }): ReactNode {
  return (
    <Page title={title} actions={actions}>
      <List {...list} />
    </Page>
  );
}

function Content({ empty, children }: { empty: string; children: ReactNode }): ReactNode {
  const { data, error, isPending, isFetching, isPlaceholderData, page, refetch } = useListContext();
  if (isPending) return <Loading />;
  return (
    <Box aria-busy={isFetching}>
      <Box sx={{ height: 4, mb: 0.5 }}>{isPlaceholderData === true && <LinearProgress aria-label="Loading" />}</Box>
      <ProblemAlert error={error} onRetry={() => void refetch()} />
      {data !== undefined && data.length > 0 && children}
      {data?.length === 0 && error === null && (
        <Card variant="outlined" sx={{ p: 4, textAlign: 'center' }}>
          <Typography color="textSecondary">{page > 1 ? 'This page is empty.' : empty}</Typography>
        </Card>
      )}
      <CursorPagination />
    </Box>
  );
}

/** Instead of content that has not been read: the failure, or that it is being read. */
export function Pending({ error, refetch }: { error: unknown; refetch: () => unknown }): ReactNode {
  return error === null ? <Loading /> : <ProblemAlert error={error} onRetry={() => void refetch()} />;
}

/** While the content of a page is read. */
export function Loading(): ReactNode {
  return (
    <Box sx={{ display: 'grid', placeItems: 'center', py: 8 }}>
      <CircularProgress aria-label="Loading" />
    </Box>
  );
}
