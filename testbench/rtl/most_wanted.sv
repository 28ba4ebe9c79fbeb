// Of the V rows of a tile the one that most rows want now, the lowest of equals, by a tree (model/vpu/rars_rounds.h).
// Entries stand ascending by key, then KV head: the lowest entry is the lowest key.
//
//   RARS 1   the V row wanted by most rows that are still unserved. SPLIT 0: only one whose rows are all unserved
//   RARS 0   the lowest V row that an unserved row wants: the same tree with every count cut to one
module most_wanted #(
    parameter integer ROWS = 8,
    parameter integer ENTRIES = 64,
    parameter integer RARS = 1,
    parameter integer SPLIT = 1,
    parameter integer INDEX_BITS = (ENTRIES > 1) ? $clog2(ENTRIES) : 1
) (
    input  wire [ROWS*ENTRIES-1:0] wants,     // bit r of an entry: row r has not had it yet
    input  wire         [ROWS-1:0] unserved,
    output wire                    any,
    output wire   [INDEX_BITS-1:0] entry,
    output wire         [ROWS-1:0] rows       // which of the unserved rows get it
);
    // As a heap: node n is the better of nodes 2n and 2n + 1, and the entries are its leaves. Node 0 is none.
    localparam integer LEAVES = 1 << $clog2(ENTRIES);
    localparam integer BITS = 5;  // of a count: up to 16 rows

    reg       [2*LEAVES*BITS-1:0] count;
    reg [2*LEAVES*INDEX_BITS-1:0] index;
    reg [ROWS-1:0] wanting, here;
    reg [BITS-1:0] sum, left, right;
    integer n, r;
    always_comb begin
        count = '0;
        index = '0;
        wanting = '0;
        here = '0;
        sum = '0;
        left = '0;
        right = '0;
        for (n = 0; n < ENTRIES; n = n + 1) begin
            wanting = wants[ROWS*n+:ROWS];
            here = wanting & unserved;
            sum = '0;
            for (r = 0; r < ROWS; r = r + 1) sum = sum + BITS'(here[r]);
            if (RARS == 0) sum = BITS'(|here);
            else if (SPLIT == 0 && here != wanting) sum = '0;
            count[BITS*(LEAVES+n)+:BITS] = sum;
            index[INDEX_BITS*(LEAVES+n)+:INDEX_BITS] = INDEX_BITS'(n);
        end
        for (n = LEAVES - 1; n > 0; n = n - 1) begin
            left = count[BITS*2*n+:BITS];
            right = count[BITS*(2*n+1)+:BITS];
            count[BITS*n+:BITS] = right > left ? right : left;
            index[INDEX_BITS*n+:INDEX_BITS] =
                right > left ? index[INDEX_BITS*(2*n+1)+:INDEX_BITS] : index[INDEX_BITS*2*n+:INDEX_BITS];
        end
    end
    assign any = count[BITS+:BITS] != BITS'(0);
    assign entry = index[INDEX_BITS+:INDEX_BITS];
    assign rows = any ? wants[ROWS*32'(entry)+:ROWS] & unserved : ROWS'(0);
endmodule
