import {
  Box,
  Card,
  Link,
  Stack,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  TableSortLabel,
  useMediaQuery,
} from '@mui/material';
import type { ReactNode } from 'react';
import type { RaRecord } from 'react-admin';
import { useListContext } from 'react-admin';
import { Link as RouterLink } from 'react-router';
import { lines } from './page.tsx';

/** A column, and on narrow screens a line of the card of a record. The first one names the record. */
export interface Column<T> {
  readonly label: string;
  /** The sort of the API, without minus. */
  readonly sortBy?: string;
  readonly render: (record: T) => ReactNode;
}

interface DataTableProps<T> {
  /** Of the table, for screen readers. */
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  /** Where the name of a record leads. */
  readonly linkTo?: (record: T) => string;
  /** Buttons at the end of each row. */
  readonly actions?: (record: T) => ReactNode;
  readonly sort?: { readonly field: string; readonly order: string; readonly onSort: (field: string) => void };
}

/** Rows as a table, on narrow screens as cards. */
export function DataTable<T extends { readonly id: RaRecord['id'] }>(props: DataTableProps<T>): ReactNode {
  const isNarrow = useMediaQuery((theme) => theme.breakpoints.down('md'), { noSsr: true });
  return isNarrow ? <Cards {...props} /> : <WideTable {...props} />;
}

/** The rows of the list around it, sortable by the columns that the API sorts. */
export function ListTable<T extends RaRecord>(props: Omit<DataTableProps<T>, 'rows' | 'sort'>): ReactNode {
  const { data = [], sort, setSort } = useListContext<T>();
  const onSort = (field: string): void => {
    setSort({ field, order: sort.field === field && sort.order === 'ASC' ? 'DESC' : 'ASC' });
  };
  return <DataTable {...props} rows={data} sort={{ field: sort.field, order: sort.order, onSort }} />;
}

function WideTable<T extends { readonly id: RaRecord['id'] }>(props: DataTableProps<T>): ReactNode {
  const { label, columns, rows, actions, sort } = props;
  return (
    <TableContainer component={Card} variant="outlined" tabIndex={0}>
      <Table aria-label={label}>
        <TableHead>
          <TableRow>
            {columns.map((column) => (
              <HeadCell key={column.label} column={column} sort={sort} />
            ))}
            {actions && (
              <TableCell>
                <span style={{ position: 'absolute', clipPath: 'inset(50%)' }}>Actions</span>
              </TableCell>
            )}
          </TableRow>
        </TableHead>
        <TableBody>
          {rows.map((row) => (
            <TableRow key={row.id} hover>
              {columns.map(({ label: name, render }, at) => (
                <TableCell key={name}>
                  {/* The longest word decides the width of a column, up to its maximum. */}
                  <Box sx={{ ...lines(2), overflowWrap: 'break-word', maxWidth: at === 0 ? 380 : 300 }}>
                    {at === 0 ? <Name row={row} {...props} /> : render(row)}
                  </Box>
                </TableCell>
              ))}
              {actions && <TableCell align="right">{actions(row)}</TableCell>}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

function HeadCell<T>({ column, sort }: { column: Column<T>; sort: DataTableProps<T>['sort'] }): ReactNode {
  const { label, sortBy } = column;
  if (sortBy === undefined || sort === undefined) return <TableCell>{label}</TableCell>;
  const isActive = sort.field === sortBy;
  const direction = sort.order === 'DESC' ? 'desc' : 'asc';
  return (
    <TableCell sortDirection={isActive ? direction : false}>
      <TableSortLabel
        active={isActive}
        direction={isActive ? direction : 'asc'}
        onClick={() => {
          sort.onSort(sortBy);
        }}
      >
        {label}
      </TableSortLabel>
    </TableCell>
  );
}

function Cards<T extends { readonly id: RaRecord['id'] }>(props: DataTableProps<T>): ReactNode {
  const { label, columns, rows, actions } = props;
  return (
    <Stack component="ul" aria-label={label} spacing={1.5} sx={{ listStyle: 'none', m: 0, p: 0 }}>
      {rows.map((row) => (
        <Card key={row.id} component="li" variant="outlined" sx={{ p: 2 }}>
          <Box sx={{ ...lines(3), fontWeight: 600, mb: 1 }}>
            <Name row={row} {...props} />
          </Box>
          <Box
            component="dl"
            sx={{ m: 0, display: 'grid', gridTemplateColumns: 'minmax(6rem, auto) 1fr', columnGap: 2, rowGap: 0.5 }}
          >
            {columns.slice(1).map(({ label: name, render }) => (
              <Line key={name} name={name}>
                {render(row)}
              </Line>
            ))}
          </Box>
          {actions && <Box sx={{ mt: 1.5, display: 'flex', justifyContent: 'flex-end' }}>{actions(row)}</Box>}
        </Card>
      ))}
    </Stack>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <>
      <Box component="dt" sx={{ color: 'text.secondary', fontSize: '0.875rem' }}>
        {name}
      </Box>
      <Box component="dd" sx={{ m: 0, ...lines(3), fontSize: '0.875rem' }}>
        {children}
      </Box>
    </>
  );
}

function Name<T>({ row, columns, linkTo }: { row: T } & Pick<DataTableProps<T>, 'columns' | 'linkTo'>): ReactNode {
  const name = columns[0]?.render(row);
  if (linkTo === undefined) return name;
  return (
    <Link component={RouterLink} to={linkTo(row)} color="inherit" sx={{ fontWeight: 600 }}>
      {name}
    </Link>
  );
}
