// One of the two tiles that RARS holds (rars::tile_buffer and rars_rounds of model/vpu): its head, and an entry for each
// of its V rows with the rows that want it and their weights; a rescale factor for each row.
//
// The model sorts what comes by key, then KV head. Here an entry's number is its place in that order because of how
// weights come: ascending by key, then KV head, then row. So a weight either belongs to the entry that was begun last
// or begins the next one, and nothing is ever searched or moved. That it is so is an assertion.
//
// What is on the wires in a cycle is stored at the edge that ends it. ITEMS of one edge may fall on one row, each on
// another entry: the weight memory is written in as many places a cycle, and read once for each row.
module tile_buffer #(
    parameter integer ROWS = 8,          // up to 16
    parameter integer V_ROWS = 2,
    parameter integer ENTRIES = 64,      // V rows of a tile at most
    parameter integer ITEMS = 8,
    parameter integer VALUE_BITS = 21,
    parameter integer INDEX_BITS = (ENTRIES > 1) ? $clog2(ENTRIES) : 1
) (
    input  wire                         clk,
    input  wire                         reset,
    // the head of a tile; items of the same edge are the tile's already
    input  wire                         head_valid,
    input  wire                  [31:0] head_block,
    input  wire                  [19:0] head_tile,
    input  wire                         head_last_of_block,
    input  wire                  [14:0] head_pairs,
    input  wire                  [10:0] head_v_rows,
    input  wire           [16*ROWS-1:0] head_kv,      // KV head of each row
    // a rescale factor, or the weight of a pair, item 0 first
    input  wire             [ITEMS-1:0] item_valid,
    input  wire             [ITEMS-1:0] item_weight,
    input  wire           [4*ITEMS-1:0] item_row,
    input  wire          [20*ITEMS-1:0] item_key,
    input  wire  [VALUE_BITS*ITEMS-1:0] item_value,
    // what it holds
    output reg                          used,
    output wire                         complete,     // all weights of the tile are here
    output reg                   [31:0] block,
    output reg                   [19:0] tile,
    output reg                          last_of_block,
    output reg                   [10:0] v_rows,
    output reg       [ROWS*ENTRIES-1:0] wants,        // bit r of an entry: row r has not had it yet
    output reg               [ROWS-1:0] rescale_rows,
    output reg    [VALUE_BITS*ROWS-1:0] factors,
    // a round of it: `take` takes these rows' weights and all rescales
    input  wire                         take,
    input  wire            [V_ROWS-1:0] choice_valid,
    input  wire [INDEX_BITS*V_ROWS-1:0] choice_entry,
    input  wire       [ROWS*V_ROWS-1:0] choice_rows,
    output wire                         ends,         // nothing of the tile is left after this round
    output wire         [20*V_ROWS-1:0] choice_key,
    output wire         [16*V_ROWS-1:0] choice_kv,
    output wire            [V_ROWS-1:0] choice_last,  // no row wants it after this round
    input  wire   [INDEX_BITS*ROWS-1:0] row_entry,    // whose weight a row reads
    output wire   [VALUE_BITS*ROWS-1:0] row_weight
);
    localparam integer COUNT_BITS = $clog2(ENTRIES + 1);

    reg           [14:0] pairs, weights, left;        // of the tile; here; of those here not yet taken
    reg  [COUNT_BITS-1:0] count;                      // entries
    reg           [19:0] last_key;                    // of the entry begun last
    reg           [15:0] last_kv;
    reg  [16*ROWS-1:0]   kv;
    reg           [19:0] keys[0:ENTRIES-1];
    reg           [15:0] kvs[0:ENTRIES-1];
    reg [VALUE_BITS-1:0] weight[0:ROWS*ENTRIES-1];

    assign complete = used && weights == pairs;

    // ================ which entry each weight belongs to ================

    wire [16*ROWS-1:0] kv_now = head_valid ? head_kv : kv;
    reg             [ITEMS-1:0] begins;               // an entry
    reg  [INDEX_BITS*ITEMS-1:0] item_entry;
    reg          [16*ITEMS-1:0] item_kv;
    reg        [COUNT_BITS-1:0] count_next;
    reg                  [14:0] weights_next;
    reg                  [19:0] key_next;
    reg                  [15:0] kv_next;
    reg                         falls;                // a weight that comes out of order
    integer i;
    always_comb begin
        begins = '0;
        item_entry = '0;
        item_kv = '0;
        falls = 1'b0;
        count_next = head_valid ? '0 : count;
        weights_next = head_valid ? '0 : weights;
        key_next = last_key;
        kv_next = last_kv;
        for (i = 0; i < ITEMS; i = i + 1) begin
            item_kv[16*i+:16] = kv_now[16*32'(item_row[4*i+:4])+:16];
            if (item_valid[i] && item_weight[i]) begin
                begins[i] = count_next == '0 || item_key[20*i+:20] != key_next || item_kv[16*i+:16] != kv_next;
                falls = falls ||
                        (count_next != '0 && {item_key[20*i+:20], item_kv[16*i+:16]} < {key_next, kv_next});
                key_next = item_key[20*i+:20];
                kv_next = item_kv[16*i+:16];
                count_next = count_next + COUNT_BITS'(begins[i]);
                weights_next = weights_next + 15'd1;
            end
            item_entry[INDEX_BITS*i+:INDEX_BITS] = INDEX_BITS'(count_next - COUNT_BITS'(1));
        end
    end

    // ================ what a round takes ================

    reg [14:0] taken;
    integer c;
    always_comb begin
        taken = '0;
        for (c = 0; c < ROWS * V_ROWS; c = c + 1) taken = taken + 15'(choice_rows[c]);
    end
    assign ends = left == taken;

    genvar v;
    generate
        for (v = 0; v < V_ROWS; v = v + 1) begin : g_choice
            wire [INDEX_BITS-1:0] entry = choice_entry[INDEX_BITS*v+:INDEX_BITS];
            assign choice_key[20*v+:20] = keys[entry];
            assign choice_kv[16*v+:16] = kvs[entry];
            assign choice_last[v] = wants[ROWS*32'(entry)+:ROWS] == choice_rows[ROWS*v+:ROWS];
        end
    endgenerate
    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_row
            assign row_weight[VALUE_BITS*r+:VALUE_BITS] = weight[ROWS*32'(row_entry[INDEX_BITS*r+:INDEX_BITS])+r];
        end
    endgenerate

    // ================ registers ================

    integer n;
    always_ff @(posedge clk) begin
        used <= !reset && (head_valid || (used && !(take && ends)));
        if (head_valid) begin
            block <= head_block;
            tile <= head_tile;
            last_of_block <= head_last_of_block;
            pairs <= head_pairs;
            v_rows <= head_v_rows;
            kv <= head_kv;
        end
        count <= reset ? '0 : count_next;
        weights <= reset ? '0 : weights_next;
        left <= reset ? '0 : head_valid ? weights_next : left + (weights_next - weights) - (take ? taken : 15'd0);
        last_key <= key_next;
        last_kv <= kv_next;

        // A tile ends with no row wanting anything: the next one need not clear.
        if (reset) begin
            wants <= '0;
            rescale_rows <= '0;
        end
        if (take) begin
            rescale_rows <= '0;
            for (n = 0; n < V_ROWS; n = n + 1)
                if (choice_valid[n])
                    wants[ROWS*32'(choice_entry[INDEX_BITS*n+:INDEX_BITS])+:ROWS] <=
                        wants[ROWS*32'(choice_entry[INDEX_BITS*n+:INDEX_BITS])+:ROWS] & ~choice_rows[ROWS*n+:ROWS];
        end
        for (n = 0; n < ITEMS; n = n + 1)
            if (item_valid[n] && item_weight[n]) begin
                wants[ROWS*32'(item_entry[INDEX_BITS*n+:INDEX_BITS])+32'(item_row[4*n+:4])] <= 1'b1;
                weight[ROWS*32'(item_entry[INDEX_BITS*n+:INDEX_BITS])+32'(item_row[4*n+:4])] <=
                    item_value[VALUE_BITS*n+:VALUE_BITS];
                keys[item_entry[INDEX_BITS*n+:INDEX_BITS]] <= item_key[20*n+:20];
                kvs[item_entry[INDEX_BITS*n+:INDEX_BITS]] <= item_kv[16*n+:16];
            end else if (item_valid[n]) begin
                rescale_rows[32'(item_row[4*n+:4])] <= 1'b1;
                factors[VALUE_BITS*32'(item_row[4*n+:4])+:VALUE_BITS] <= item_value[VALUE_BITS*n+:VALUE_BITS];
            end
    end

`ifndef SYNTHESIS
    integer a;
    always @(posedge clk)
        if (!reset) begin
            assert (!head_valid || !used)
            else $fatal(1, "tile_buffer: a third tile came while both buffers are in use");
            assert (!(|item_valid) || used || head_valid)
            else $fatal(1, "tile_buffer: an item came without the head of its tile");
            assert (!falls)
            else $fatal(1, "tile_buffer: weights of tile %0d do not ascend by key and KV head", tile);
            assert (32'(count_next) <= ENTRIES)
            else $fatal(1, "tile_buffer: a tile has more than %0d V rows", ENTRIES);
            assert (!(used || head_valid) || weights_next <= (head_valid ? head_pairs : pairs))
            else $fatal(1, "tile_buffer: more weights came than the tile has pairs");
            for (a = 0; a < ITEMS; a = a + 1)
                if (item_valid[a]) begin
                    assert (32'(item_row[4*a+:4]) < ROWS)
                    else $fatal(1, "tile_buffer: an item of row %0d", item_row[4*a+:4]);
                    assert (!item_weight[a] || begins[a] ||
                            !wants[ROWS*32'(item_entry[INDEX_BITS*a+:INDEX_BITS])+32'(item_row[4*a+:4])])
                    else $fatal(1, "tile_buffer: key %0d came twice for row %0d", item_key[20*a+:20], item_row[4*a+:4]);
                end
            // Each weight is sent once: a round takes what its rows still want, and at the end nothing is wanted.
            for (a = 0; a < V_ROWS; a = a + 1)
                if (take && choice_valid[a])
                    assert ((choice_rows[ROWS*a+:ROWS] &
                             ~wants[ROWS*32'(choice_entry[INDEX_BITS*a+:INDEX_BITS])+:ROWS]) == ROWS'(0))
                    else $fatal(1, "tile_buffer: a weight of key %0d is sent twice", choice_key[20*a+:20]);
            assert (!head_valid || (wants == '0 && rescale_rows == '0))
            else $fatal(1, "tile_buffer: a weight or a rescale of the tile before was never sent");
            if (complete && left == pairs && pairs != 15'd0) begin
                assert (11'(count) == v_rows)
                else $fatal(1, "tile_buffer: a tile has %0d V rows, its head says %0d", count, v_rows);
            end
        end
`endif
endmodule
