// Replays the records of RARS (docs/rtl.md): +dir=FOLDER [+stall=SEED] [+wave=FILE].
//
// Without +stall each input comes at its recorded edge, and each output must come at its own. With it inputs come late
// at random: tiles, reserved V rows and the V-PU's credits each for themselves, but what the softmax unit sent for one
// edge comes together. Nothing comes before the rounds that were sent before it. Values and order are compared.
`timescale 1ps / 1ps
module rars_bench #(
    parameter integer ROWS = 8,
    parameter integer V_ROWS = 2,
    parameter integer ENTRIES = 64,
    parameter integer ITEMS = 8,
    parameter integer P_BITS = 20,
    parameter integer RARS = 1,
    parameter integer SPLIT = 1,
    parameter integer LINK_LATENCY = 1,
    parameter integer PERIOD = 1250
);
    localparam integer VALUE_BITS = P_BITS + 1;

    // ================ clock, edges, reset ================

    reg clk = 1'b0;
    reg reset = 1'b1;
    reg [47:0] edge_number = 48'd1;  // of the edge that ends this cycle
    reg stall = 1'b0;
    reg [31:0] seed;
    wire [31:0] drawn;
    random_bits random_bits (.clk(clk), .reset(reset), .seed(seed), .bits(drawn));
    reg [8*1024-1:0] wave;
    initial begin
        if ($value$plusargs("stall=%d", seed)) stall = 1'b1;
        else seed = 32'd1;
        if ($value$plusargs("wave=%s", wave)) begin
            $dumpfile(wave);
            $dumpvars(0, rars_bench);
        end
        #(PERIOD);
        forever begin
            clk = 1'b1;
            #(PERIOD / 2);
            clk = 1'b0;
            #(PERIOD - PERIOD / 2);
        end
    end
    always @(posedge clk) begin
        edge_number <= edge_number + 48'd1;
        reset <= edge_number < 48'd2;
    end

    // ================ inputs ================

    // Sources: from 0 on the items, then the two heads, reserved V rows, credits.
    localparam integer HEAD = ITEMS, RESERVED = ITEMS + 2, CREDIT = ITEMS + 3, SOURCES = ITEMS + 4;
    localparam integer ITEM_DIGITS = 15, HEAD_DIGITS = 21 + 4 * ROWS;
    wire [SOURCES-1:0] has, fire;
    wire [48*SOURCES-1:0] cycle;
    wire [32*SOURCES-1:0] taken;
    wire [4:0] v_rows, credit;
    wire [7:0] v_rows_data, credit_data;

    // Of the softmax unit: the oldest edge that is left, all of it.
    reg [47:0] softmax_cycle;
    integer n;
    always_comb begin
        softmax_cycle = ~48'd0;
        for (n = 0; n < RESERVED; n = n + 1)
            if (has[n] && cycle[48*n+:48] < softmax_cycle) softmax_cycle = cycle[48*n+:48];
    end

    wire rounds_left;
    wire [47:0] round_due;
    wire [47:0] round_sent = round_due - 48'(LINK_LATENCY - 1);  // and its tile's credit given
    reg [2:0] go = 3'd0;     // stalled: drawn; stays until the item is taken
    genvar i;
    generate
        for (i = 0; i < SOURCES; i = i + 1) begin : g_source
            wire [47:0] own = cycle[48*i+:48];
            wire drawn_now = i < RESERVED ? go[0] && own == softmax_cycle : go[i-RESERVED+1];
            assign fire[i] = has[i] && !reset &&
                             (stall ? drawn_now && (!rounds_left || round_sent > own) : own == edge_number);
        end
    endgenerate
    // At times rounds run out of credits, and at times of reserved V rows.
    wire [2:0] slow = {edge_number[8] && drawn[31:28] != 4'd0, !edge_number[8] && drawn[27:24] != 4'd0, 1'b0};
    integer k;
    always @(posedge clk) begin
        go[0] <= !reset && ((go[0] && !(|fire[RESERVED-1:0])) || drawn[0]);
        for (k = 1; k < 3; k = k + 1)
            go[k] <= !reset && ((go[k] && !fire[RESERVED+k-1]) || (drawn[2*k+:2] == 2'd0 && !slow[k]));
    end

    wire [ITEMS-1:0] item_buffer, item_weight;
    wire [4*ITEMS-1:0] item_row;
    wire [20*ITEMS-1:0] item_key;
    wire [VALUE_BITS*ITEMS-1:0] item_value;
    generate
        for (i = 0; i < ITEMS; i = i + 1) begin : g_item
            wire [4*ITEM_DIGITS-1:0] data;
            replay_source #(.NAME("item"), .INDEX(i), .DIGITS(ITEM_DIGITS)) source (
                .clk(clk), .take(fire[i]), .has(has[i]), .cycle(cycle[48*i+:48]), .data(data),
                .taken(taken[32*i+:32]));
            assign {item_buffer[i], item_weight[i]} = {data[56], data[52]};
            assign {item_row[4*i+:4], item_key[20*i+:20]} = {data[51:48], data[47:28]};
            assign item_value[VALUE_BITS*i+:VALUE_BITS] = data[VALUE_BITS-1:0];
        end
    endgenerate
    wire [63:0] head_block;
    wire [39:0] head_tile;
    wire [1:0] head_last_of_block;
    wire [29:0] head_pairs;
    wire [21:0] head_v_rows;
    wire [32*ROWS-1:0] head_kv;
    generate
        for (i = 0; i < 2; i = i + 1) begin : g_head
            wire [4*HEAD_DIGITS-1:0] data;
            replay_source #(.NAME("head"), .INDEX(i), .DIGITS(HEAD_DIGITS)) source (
                .clk(clk), .take(fire[HEAD+i]), .has(has[HEAD+i]), .cycle(cycle[48*(HEAD+i)+:48]), .data(data),
                .taken(taken[32*(HEAD+i)+:32]));
            assign {head_block[32*i+:32], head_tile[20*i+:20]} = data[16*ROWS+32+:52];
            assign head_last_of_block[i] = data[16*ROWS+28];
            assign head_pairs[15*i+:15] = data[16*ROWS+12+:15];
            assign head_v_rows[11*i+:11] = data[16*ROWS+:11];
            assign head_kv[16*ROWS*i+:16*ROWS] = data[16*ROWS-1:0];
        end
    endgenerate
    replay_source #(.NAME("reserved"), .DIGITS(2)) s_reserved (
        .clk(clk), .take(fire[RESERVED]), .has(has[RESERVED]), .cycle(cycle[48*RESERVED+:48]), .data(v_rows_data),
        .taken(taken[32*RESERVED+:32]));
    replay_source #(.NAME("round_credit"), .DIGITS(2)) s_round_credit (
        .clk(clk), .take(fire[CREDIT]), .has(has[CREDIT]), .cycle(cycle[48*CREDIT+:48]), .data(credit_data),
        .taken(taken[32*CREDIT+:32]));
    assign v_rows = fire[RESERVED] ? v_rows_data[4:0] : 5'd0;
    assign credit = fire[CREDIT] ? credit_data[4:0] : 5'd0;

    // ================ RARS ================

    wire tile_credit, round_valid, round_last_of_block;
    wire [31:0] round_block;
    wire [4:0] round_v_rows;
    wire [20*V_ROWS-1:0] round_key;
    wire [16*V_ROWS-1:0] round_kv;
    wire [V_ROWS-1:0] round_last_use;
    wire [2*ROWS-1:0] row_what;
    wire [4*ROWS-1:0] row_v;
    wire [VALUE_BITS*ROWS-1:0] row_value;
    wire [2:0] rars_class;

    rars #(
        .ROWS(ROWS), .V_ROWS(V_ROWS), .ENTRIES(ENTRIES), .ITEMS(ITEMS), .P_BITS(P_BITS), .RARS(RARS), .SPLIT(SPLIT),
        .LINK_LATENCY(LINK_LATENCY)
    ) rars (
        .clk(clk), .reset(reset),
        .head_valid(fire[HEAD+1:HEAD]), .head_block(head_block), .head_tile(head_tile),
        .head_last_of_block(head_last_of_block), .head_pairs(head_pairs), .head_v_rows(head_v_rows), .head_kv(head_kv),
        .item_valid(fire[ITEMS-1:0]), .item_buffer(item_buffer), .item_weight(item_weight), .item_row(item_row),
        .item_key(item_key), .item_value(item_value), .tile_credit(tile_credit), .reserved_v_rows(v_rows),
        .round_valid(round_valid), .round_block(round_block), .round_last_of_block(round_last_of_block),
        .round_v_rows(round_v_rows), .round_key(round_key), .round_kv(round_kv), .round_last_use(round_last_use),
        .row_what(row_what), .row_v(row_v), .row_value(row_value), .round_credit(credit), .rars_class(rars_class)
    );

    // ================ outputs ================

    localparam integer KEY_DIGITS = 5 * V_ROWS, KV_DIGITS = 4 * V_ROWS, LAST_DIGITS = (V_ROWS + 3) / 4;
    localparam integer ROUND_DIGITS = 11 + KEY_DIGITS + KV_DIGITS + LAST_DIGITS;
    wire [ROWS+1:0] left;        // from 0 on the rows, then rounds, tile credits
    wire [48*(ROWS+2)-1:0] due;
    wire [32*(ROWS+2)-1:0] compared;
    assign rounds_left = left[ROWS];
    assign round_due = due[48*ROWS+:48];
    wire [4*LAST_DIGITS-1:0] last_use = {{(4*LAST_DIGITS-V_ROWS) {1'b0}}, round_last_use};
    replay_sink #(
        .NAME("round"), .DIGITS(ROUND_DIGITS), .F0("block"), .D0(8), .F1("last_of_block"), .D1(1), .F2("v_rows"), .D2(2),
        .F3("key"), .D3(KEY_DIGITS), .F4("kv"), .D4(KV_DIGITS), .F5("last_use"), .D5(LAST_DIGITS)
    ) round (
        .clk(clk), .reset(reset), .exact(!stall), .edge_number(edge_number), .valid(round_valid),
        .data({round_block, 3'd0, round_last_of_block, 3'd0, round_v_rows, round_key, round_kv, last_use}),
        .has(left[ROWS]), .cycle(due[48*ROWS+:48]), .compared(compared[32*ROWS+:32]));
    replay_sink #(.NAME("tile_credit"), .DIGITS(2), .F0("count"), .D0(2)) s_tile_credit (
        .clk(clk), .reset(reset), .exact(!stall), .edge_number(edge_number), .valid(tile_credit), .data(8'd1),
        .has(left[ROWS+1]), .cycle(due[48*(ROWS+1)+:48]), .compared(compared[32*(ROWS+1)+:32]));
    generate
        for (i = 0; i < ROWS; i = i + 1) begin : g_row
            replay_sink #(
                .NAME("row"), .INDEX(i), .DIGITS(9), .F0("what"), .D0(1), .F1("v"), .D1(1), .F2("value"), .D2(7)
            ) row (
                .clk(clk), .reset(reset), .exact(!stall), .edge_number(edge_number),
                .valid(round_valid && row_what[2*i+:2] != 2'd0),
                .data({2'd0, row_what[2*i+:2], row_v[4*i+:4], {(28-VALUE_BITS) {1'b0}},
                       row_value[VALUE_BITS*i+:VALUE_BITS]}),
                .has(left[i]), .cycle(due[48*i+:48]), .compared(compared[32*i+:32]));
        end
    endgenerate

    // Stalled, rows and rounds must stay together: each round has as many rows of work as the edge of its record.
    reg rows_due;
    integer m;
    always_comb begin
        rows_due = 1'b0;
        for (m = 0; m < ROWS; m = m + 1)
            if (left[m] && due[48*m+:48] == round_due && row_what[2*m+:2] == 2'd0) rows_due = 1'b1;
    end

    // ================ the end: all is taken and nothing is due, for a while; or nothing moves ================

    reg [15:0] quiet = 16'd0;
    reg [31:0] inputs, outputs;
    always @(posedge clk) begin
        quiet <= (|fire || round_valid || tile_credit || (!stall && |{has, left})) ? 16'd0 : quiet + 16'd1;
        if (!reset && stall && round_valid && rounds_left && rows_due) begin
            $display("MISMATCH edge %0d port row: expected an item of each row of the round, got less (record of edge %0d)",
                     edge_number, round_due);
            $fatal(1);
        end
        if (quiet == 16'd2000) begin
            if (|{has, left}) begin
                $display("MISMATCH edge %0d: nothing moves; inputs left %b, outputs left %b", edge_number, has, left);
                $fatal(1);
            end
            inputs = 32'd0;
            outputs = 32'd0;
            for (k = 0; k < SOURCES; k = k + 1) inputs = inputs + taken[32*k+:32];
            for (k = 0; k < ROWS + 2; k = k + 1) outputs = outputs + compared[32*k+:32];
            $display("EQUAL rars: %0d inputs, %0d outputs compared, %0d edges", inputs, outputs, edge_number - 48'd2000);
            $finish;
        end
    end
    wire unused = &{1'b0, rars_class};
endmodule
