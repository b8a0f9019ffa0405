"""What a store lies in: SQLite or PostgreSQL behind one `Database`, its tables, and how it is opened."""
