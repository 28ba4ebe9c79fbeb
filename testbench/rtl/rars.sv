// Reuse-aware reorder scheduler in front of the V-PU (model/vpu/rars.h): holds the retained pairs of a tile as V row ->
// rows with their weights and sends one round a cycle, while the next tile is collected.
//
//   stage 1  collect   what comes is stored in one of the two tile buffers
//   stage 2  plan      of the older tile, when it is complete: V_ROWS times the V row that most unserved rows want. A
//                      row with a rescale factor takes its first round for that
//   stage 3  send      when every V row of the round is reserved in the KV buffer and the V-PU has room
//
// Stages 2 and 3 are one cycle: a round depends on the one before it. The V-PU works on a round for head_dim / 16
// cycles, so a chip could take as many to plan.
//
// Ports: what is on a wire in a cycle is captured at the clock edge that ends it. An edge brings at most a head for
// each buffer (the softmax unit has a credit a buffer) and ITEMS exponentials. Heads take the buffers in turn, and an
// item names its buffer: where in the edge a head came among the items need not be known.
module rars #(
    parameter integer ROWS = 8,           // up to 16
    parameter integer V_ROWS = 2,         // distinct V rows of a round at most, up to 16
    parameter integer ENTRIES = 64,       // V rows of a tile at most: as many as may be prefetched
    parameter integer ITEMS = 8,          // exponentials of the softmax unit a cycle
    parameter integer P_BITS = 20,        // fraction bits of weights and factors; 1 is the largest
    parameter integer RARS = 1,           // 0: each row takes its keys in their order
    parameter integer SPLIT = 1,          // an idle row may take its part of a shared key
    parameter integer LINK_LATENCY = 1,   // of rounds
    parameter integer VALUE_BITS = P_BITS + 1
) (
    input  wire                        clk,
    input  wire                        reset,
    // softmax unit: heads of tiles, by buffer
    input  wire                  [1:0] head_valid,
    input  wire                 [63:0] head_block,
    input  wire                 [39:0] head_tile,
    input  wire                  [1:0] head_last_of_block,
    input  wire                 [29:0] head_pairs,
    input  wire                 [21:0] head_v_rows,
    input  wire          [32*ROWS-1:0] head_kv,             // 16 bits a row, as many for each buffer
    // softmax unit: rescale factors and weights, item 0 first
    input  wire            [ITEMS-1:0] item_valid,
    input  wire            [ITEMS-1:0] item_buffer,
    input  wire            [ITEMS-1:0] item_weight,         // 0: a rescale factor
    input  wire          [4*ITEMS-1:0] item_row,
    input  wire         [20*ITEMS-1:0] item_key,
    input  wire [VALUE_BITS*ITEMS-1:0] item_value,
    output wire                        tile_credit,         // the last round of a tile is sent
    // score queue: so many further V rows are reserved
    input  wire                  [4:0] reserved_v_rows,
    // V-PU
    output wire                        round_valid,
    output wire                 [31:0] round_block,
    output wire                        round_last_of_block,
    output wire                  [4:0] round_v_rows,
    output wire        [20*V_ROWS-1:0] round_key,           // of each V row; 0 where there is none
    output wire        [16*V_ROWS-1:0] round_kv,
    output wire           [V_ROWS-1:0] round_last_use,      // the tile needs it no more
    output wire           [2*ROWS-1:0] row_what,            // 0 nothing, 1 rescale, 2 multiply and add
    output wire           [4*ROWS-1:0] row_v,               // which V row
    output wire  [VALUE_BITS*ROWS-1:0] row_value,           // weight or factor
    input  wire                  [4:0] round_credit,        // places given back in this cycle
    // class of the cycle: 0 busy, 1 stall_downstream, 2 wait_v, 3 wait_input, 4 idle
    output wire                  [2:0] rars_class
);
    localparam integer INDEX_BITS = (ENTRIES > 1) ? $clog2(ENTRIES) : 1;
    localparam integer RESERVED_BITS = $clog2(2 * ENTRIES + 17);
    localparam integer CREDIT_BITS = $clog2(LINK_LATENCY + 2);

    // ================ stage 1: the two tiles ================

    reg         oldest;                                     // the buffer whose rounds are sent
    wire        send;
    wire        ends;
    wire  [1:0] used, complete, buffer_last_of_block, buffer_ends;
    wire [63:0] buffer_block;
    wire [39:0] buffer_tile;
    wire [21:0] buffer_v_rows;
    wire   [2*ROWS*ENTRIES-1:0] buffer_wants;
    wire           [2*ROWS-1:0] buffer_rescale_rows;
    wire [2*VALUE_BITS*ROWS-1:0] buffer_factors, buffer_row_weight;
    wire        [40*V_ROWS-1:0] buffer_key;
    wire        [32*V_ROWS-1:0] buffer_kv;
    wire         [2*V_ROWS-1:0] buffer_last;

    wire            [V_ROWS-1:0] choice_valid;
    wire [INDEX_BITS*V_ROWS-1:0] choice_entry;
    wire       [ROWS*V_ROWS-1:0] choice_rows;
    reg    [INDEX_BITS*ROWS-1:0] row_entry;

    genvar b, v;
    generate
        for (b = 0; b < 2; b = b + 1) begin : g_tile
            localparam [0:0] BUFFER = b;
            tile_buffer #(
                .ROWS(ROWS),
                .V_ROWS(V_ROWS),
                .ENTRIES(ENTRIES),
                .ITEMS(ITEMS),
                .VALUE_BITS(VALUE_BITS)
            ) tile_buffer (
                .clk(clk),
                .reset(reset),
                .head_valid(head_valid[b]),
                .head_block(head_block[32*b+:32]),
                .head_tile(head_tile[20*b+:20]),
                .head_last_of_block(head_last_of_block[b]),
                .head_pairs(head_pairs[15*b+:15]),
                .head_v_rows(head_v_rows[11*b+:11]),
                .head_kv(head_kv[16*ROWS*b+:16*ROWS]),
                .item_valid(item_valid & ~(item_buffer ^ {ITEMS{BUFFER}})),
                .item_weight(item_weight),
                .item_row(item_row),
                .item_key(item_key),
                .item_value(item_value),
                .used(used[b]),
                .complete(complete[b]),
                .block(buffer_block[32*b+:32]),
                .tile(buffer_tile[20*b+:20]),
                .last_of_block(buffer_last_of_block[b]),
                .v_rows(buffer_v_rows[11*b+:11]),
                .wants(buffer_wants[ROWS*ENTRIES*b+:ROWS*ENTRIES]),
                .rescale_rows(buffer_rescale_rows[ROWS*b+:ROWS]),
                .factors(buffer_factors[VALUE_BITS*ROWS*b+:VALUE_BITS*ROWS]),
                .take(send && oldest == BUFFER),
                .choice_valid(choice_valid),
                .choice_entry(choice_entry),
                .choice_rows(choice_rows),
                .ends(buffer_ends[b]),
                .choice_key(buffer_key[20*V_ROWS*b+:20*V_ROWS]),
                .choice_kv(buffer_kv[16*V_ROWS*b+:16*V_ROWS]),
                .choice_last(buffer_last[V_ROWS*b+:V_ROWS]),
                .row_entry(row_entry),
                .row_weight(buffer_row_weight[VALUE_BITS*ROWS*b+:VALUE_BITS*ROWS])
            );
        end
    endgenerate

    // ================ stage 2: plan the next round of the older tile ================

    wire ready = complete[oldest];
    wire [ROWS*ENTRIES-1:0] wants = ready ? buffer_wants[ROWS*ENTRIES*32'(oldest)+:ROWS*ENTRIES] : '0;
    wire         [ROWS-1:0] rescale_rows = buffer_rescale_rows[ROWS*32'(oldest)+:ROWS];

    generate
        for (v = 0; v < V_ROWS; v = v + 1) begin : g_choice
            wire [ROWS-1:0] unserved, rows;                 // before this choice; which it serves
            if (v == 0) begin : g_first
                assign unserved = ~rescale_rows;
            end else begin : g_next
                assign unserved = g_choice[v-1].unserved & ~g_choice[v-1].rows;
            end
            most_wanted #(
                .ROWS(ROWS),
                .ENTRIES(ENTRIES),
                .RARS(RARS),
                .SPLIT(SPLIT)
            ) most_wanted (
                .wants(wants),
                .unserved(unserved),
                .any(choice_valid[v]),
                .entry(choice_entry[INDEX_BITS*v+:INDEX_BITS]),
                .rows(rows)
            );
            assign choice_rows[ROWS*v+:ROWS] = rows;
        end
    endgenerate

    // ================ stage 3: send it ================

    // V rows are reserved in the order of tiles and of their entries: of the older tile, and of what follows it, so many.
    reg [RESERVED_BITS-1:0] reserved;
    reg   [CREDIT_BITS-1:0] credits;
    reg all_reserved;
    integer m, n, r, i;
    always_comb begin
        all_reserved = 1'b1;
        for (m = 0; m < V_ROWS; m = m + 1)
            if (choice_valid[m] && RESERVED_BITS'(choice_entry[INDEX_BITS*m+:INDEX_BITS]) >= reserved)
                all_reserved = 1'b0;
    end
    assign send = ready && all_reserved && credits != '0;
    assign ends = send && buffer_ends[oldest];
    assign tile_credit = ends;

    reg [4:0] v_rows;
    reg [20*V_ROWS-1:0] key;
    reg [16*V_ROWS-1:0] kv;
    reg [V_ROWS-1:0] last_use;
    reg [2*ROWS-1:0] what;
    reg [4*ROWS-1:0] which;
    reg [VALUE_BITS*ROWS-1:0] value;
    always_comb begin
        row_entry = '0;
        which = '0;
        what = '0;
        v_rows = '0;
        key = '0;
        kv = '0;
        last_use = '0;
        for (n = 0; n < V_ROWS; n = n + 1)
            if (choice_valid[n]) begin
                v_rows = v_rows + 5'd1;
                key[20*n+:20] = buffer_key[20*(V_ROWS*32'(oldest)+n)+:20];
                kv[16*n+:16] = buffer_kv[16*(V_ROWS*32'(oldest)+n)+:16];
                last_use[n] = buffer_last[V_ROWS*32'(oldest)+n];
                for (r = 0; r < ROWS; r = r + 1)
                    if (choice_rows[ROWS*n+r]) begin
                        what[2*r+:2] = 2'd2;
                        which[4*r+:4] = 4'(n);
                        row_entry[INDEX_BITS*r+:INDEX_BITS] = choice_entry[INDEX_BITS*n+:INDEX_BITS];
                    end
            end
        for (r = 0; r < ROWS; r = r + 1) if (ready && rescale_rows[r]) what[2*r+:2] = 2'd1;
    end
    always_comb begin
        value = '0;
        for (i = 0; i < ROWS; i = i + 1)
            if (what[2*i])
                value[VALUE_BITS*i+:VALUE_BITS] = buffer_factors[VALUE_BITS*(ROWS*32'(oldest)+i)+:VALUE_BITS];
            else if (what[2*i+1])
                value[VALUE_BITS*i+:VALUE_BITS] = buffer_row_weight[VALUE_BITS*(ROWS*32'(oldest)+i)+:VALUE_BITS];
    end

    wire [10:0] ended_v_rows = ends ? buffer_v_rows[11*32'(oldest)+:11] : 11'd0;
    always_ff @(posedge clk) begin
        oldest <= !reset && (ends ? !oldest : oldest);
        reserved <= reset ? '0 : reserved + RESERVED_BITS'(reserved_v_rows) - RESERVED_BITS'(ended_v_rows);
        credits <= reset ? CREDIT_BITS'(LINK_LATENCY + 1)
                         : credits + CREDIT_BITS'(round_credit) - CREDIT_BITS'(send);
    end

    wire here_last_of_block = ends && buffer_last_of_block[oldest];
    delay_line #(
        .WIDTH (38 + 37 * V_ROWS + 6 * ROWS + VALUE_BITS * ROWS),
        .CYCLES(LINK_LATENCY - 1)
    ) rounds (
        .clk(clk),
        .reset(reset),
        .in_valid(send),
        .in_data({buffer_block[32*32'(oldest)+:32], here_last_of_block, v_rows, key, kv, last_use, what, which, value}),
        .out_valid(round_valid),
        .out_data({round_block, round_last_of_block, round_v_rows, round_key, round_kv, round_last_use, row_what, row_v,
                   row_value})
    );

    // ================ what waveforms show (docs/waveforms.md) ================

    reg         came, under_way;
    reg  [31:0] block_before;
    reg  [19:0] tile_before;
    reg  [31:0] v_rows_reserved;
    wire [31:0] block = send ? buffer_block[32*32'(oldest)+:32] : block_before;
    wire [19:0] tile = send ? buffer_tile[20*32'(oldest)+:20] : tile_before;
    always_ff @(posedge clk) begin
        came <= !reset && (|head_valid || |item_valid);
        under_way <= !reset && (|head_valid || (ends ? !here_last_of_block || used[!oldest] : under_way));
        block_before <= reset ? '0 : block;
        tile_before <= reset ? '0 : tile;
        v_rows_reserved <= reset ? '0 : v_rows_reserved + 32'(reserved_v_rows);
    end
    assign rars_class = (came || send) ? 3'd0 : ready ? (all_reserved ? 3'd1 : 3'd2) : under_way ? 3'd3 : 3'd4;

`ifndef SYNTHESIS
    reg newest;                                             // the buffer of the last head
    integer a, other;
    always @(posedge clk) begin
        newest <= reset || (newest ^ (^head_valid));
        if (!reset) begin
            assert (head_valid != 2'b01 || newest)
            else $fatal(1, "rars: tiles do not take the buffers in turn");
            assert (head_valid != 2'b10 || !newest)
            else $fatal(1, "rars: tiles do not take the buffers in turn");
            assert (32'(credits) + 32'(round_credit) - 32'(send) <= LINK_LATENCY + 1)
            else $fatal(1, "rars: more credits come back than rounds were sent");
            assert (32'(reserved) + 32'(reserved_v_rows) <= 2 * ENTRIES + 16)
            else $fatal(1, "rars: more V rows are reserved than two tiles have");
            assert (32'(ended_v_rows) <= 32'(reserved))
            else $fatal(1, "rars: a tile ends before all its V rows are reserved");
            if (send) begin
                assert (32'(v_rows) <= V_ROWS)
                else $fatal(1, "rars: a round reads %0d V rows", v_rows);
                assert (what != '0 || ends)
                else $fatal(1, "rars: a round does nothing");
            end
            for (a = 0; a < V_ROWS; a = a + 1)
                if (send && choice_valid[a]) begin
                    assert (32'(choice_entry[INDEX_BITS*a+:INDEX_BITS]) < 32'(reserved))
                    else $fatal(1, "rars: a round reads key %0d, which is not reserved", key[20*a+:20]);
                    assert ((choice_rows[ROWS*a+:ROWS] & rescale_rows) == ROWS'(0))
                    else $fatal(1, "rars: a row is rescaled and multiplied in one round");
                    for (other = 0; other < a; other = other + 1) begin
                        assert ((choice_rows[ROWS*a+:ROWS] & choice_rows[ROWS*other+:ROWS]) == ROWS'(0))
                        else $fatal(1, "rars: a row reads two V rows in one round");
                        assert (choice_entry[INDEX_BITS*a+:INDEX_BITS] !=
                                choice_entry[INDEX_BITS*other+:INDEX_BITS])
                        else $fatal(1, "rars: a round reads key %0d twice", key[20*a+:20]);
                    end
                end
        end
    end
`endif
endmodule
