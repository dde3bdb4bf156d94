/** Types by what can be done with them, as `INFORMATION_SCHEMA.COLUMNS.DATA_TYPE` names them. */
export const UNICODE = new Set(['nchar', 'nvarchar', 'ntext']);
/** Texts in the code page of their collation. */
export const CODE_PAGE = new Set(['char', 'varchar', 'text']);
export const BYTES = new Set(['binary', 'varbinary', 'image', 'timestamp', 'rowversion']);
export const WHOLE = new Set(['bit', 'tinyint', 'smallint', 'int', 'bigint']);
export const NUMBER = new Set([...WHOLE, 'decimal', 'numeric', 'float', 'real', 'money', 'smallmoney']);
export const WALL = new Set(['datetime', 'datetime2', 'smalldatetime']);

export const isText = (type: string): boolean => UNICODE.has(type) || CODE_PAGE.has(type);
